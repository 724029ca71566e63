package compose

import (
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// oneLine returns s as one line of printable text: white space of any kind becomes single spaces, control characters
// and those that turn the direction of writing or have no width are dropped, bytes that are no UTF-8 become U+FFFD.
// Titles come from files and from command lines, and a line break in one must not begin a header, a fact or an item of
// its own.
func oneLine(s string) string {
	if isOneLine(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u200b', r == '\ufeff':
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// isOneLine reports whether oneLine has nothing to do; it may say no where there is nothing.
func isOneLine(s string) bool {
	space := true
	for _, r := range s {
		switch {
		case r == ' ' && !space:
			space = true
		case r == ' ' || r == utf8.RuneError || !unicode.IsPrint(r):
			return false
		default:
			space = false
		}
	}
	return !space || s == ""
}

// cleaned returns a deep copy of l with every string in it made one line.
func cleaned(l Letter) Letter {
	return cleanValue(reflect.ValueOf(l)).Interface().(Letter)
}

// cleanValue walks by reflection so that no field added later is forgotten.
func cleanValue(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(oneLine(v.String()))
	case reflect.Slice:
		if v.IsNil() {
			return out
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(cleanValue(v.Index(i)))
		}
	case reflect.Pointer:
		if v.IsNil() {
			return out
		}
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(cleanValue(v.Elem()))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return v
		}
		for i := range v.NumField() {
			out.Field(i).Set(cleanValue(v.Field(i)))
		}
	default:
		return v
	}
	return out
}

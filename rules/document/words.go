package document

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"syscall"
	"time"

	"qixian/rules/document/chinese"
)

// Words is one text in the two languages of this program: English for the administrator, Chinese for the office.
type Words struct{ english, chinese string }

// Say formats a text in English, and in Chinese by the catalogue's form of the same format (see package chinese). An
// argument that is a text in both languages itself, or a known error of the operating system, is Chinese there, too.
// Without a form the Chinese is the English.
func Say(format string, args ...any) Words { return say(format, fmt.Sprintf(format, args...), args) }

func say(format, english string, args []any) Words {
	if zh, ok := chinese.Of(format); ok {
		return Words{english, inChinese(zh, args)}
	}
	return Words{english, english}
}

// Term is a fixed text, in which % stands for itself.
func Term(text string) Words {
	if zh, ok := chinese.Of(text); ok {
		return Words{text, zh}
	}
	return Words{text, text}
}

// Join lists values: with the separator in English, with 、 in Chinese.
func Join[T any](values []T, separator string) Words {
	var english, chinese []string
	for _, v := range values {
		english = append(english, fmt.Sprint(v))
		chinese = append(chinese, inChinese("%v", []any{v}))
	}
	return Words{strings.Join(english, separator), strings.Join(chinese, "、")}
}

// and returns the text with another clause behind it.
func (w Words) and(clause Words) Words {
	return Words{w.english + "; " + clause.english, w.chinese + "；" + clause.chinese}
}

// String returns the English text.
func (w Words) String() string { return w.english }

// Chinese returns the Chinese text.
func (w Words) Chinese() string { return w.chinese }

// wordedError is an error in both languages.
type wordedError struct {
	Words
	cause error
}

// Errorf is fmt.Errorf with a Chinese text beside the English one (see Say), for errors that become problems.
func Errorf(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return wordedError{say(format, err.Error(), args), errors.Unwrap(err)}
}

func (e wordedError) Error() string { return e.english }

func (e wordedError) Unwrap() error { return e.cause }

func inChinese(format string, args []any) string {
	spoken := make([]any, len(args))
	for i, a := range args {
		spoken[i] = argument{a}
	}
	return fmt.Sprintf(format, spoken...)
}

// argument formats a value as it stands in a Chinese sentence.
type argument struct{ of any }

// Format writes the value's own Chinese where it has any, and puts what %q quotes between Chinese quotation marks.
func (a argument) Format(f fmt.State, verb rune) {
	text, ok := spoken(a.of)
	switch {
	case ok:
	case verb == 'q':
		quoted := fmt.Sprintf("%q", a.of)
		text = "“" + strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) + "”"
	default:
		text = fmt.Sprintf(fmt.FormatString(f, verb), a.of)
	}
	_, _ = f.Write([]byte(text)) // into a buffer of fmt's own
}

// spoken returns the Chinese of a value; false of one that reads the same in both languages, or has none.
func spoken(v any) (string, bool) {
	switch v := v.(type) {
	case Words:
		return v.chinese, true
	case wordedError:
		return v.chinese, true
	case Position:
		return v.Chinese(), true
	case time.Weekday:
		return "星期" + [...]string{"日", "一", "二", "三", "四", "五", "六"}[v], true
	case *fs.PathError:
		why, ok := spoken(v.Err)
		return v.Path + "：" + why, ok
	case error:
		return systemError(v), true
	}
	return "", false
}

// systemError returns the Chinese of an error of the operating system, or quotes one that has none.
func systemError(err error) string {
	for _, known := range []struct {
		is   error
		text string
	}{
		{fs.ErrNotExist, "文件或目录不存在"},
		{fs.ErrPermission, "没有读取的权限"},
		{syscall.ENOTDIR, "路径中有一部分不是目录"},
		{syscall.EISDIR, "这是目录，不是文件"},
		{syscall.ELOOP, "链接层数过多"},
		{syscall.EIO, "磁盘读写出错"},
		{syscall.ENAMETOOLONG, "文件名过长"},
	} {
		if errors.Is(err, known.is) {
			return known.text
		}
	}
	return "有错误（系统原文：" + err.Error() + "）"
}

// Chinese returns the position as the office reads it: 规则.yaml 第12行第7列.
func (p Position) Chinese() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return p.File + " 第" + strconv.Itoa(p.Line) + "行"
	}
	return p.File + " 第" + strconv.Itoa(p.Line) + "行第" + strconv.Itoa(p.Col) + "列"
}

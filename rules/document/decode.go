package document

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// Decode returns a file's text as UTF-8 without a byte order mark. Windows editors and PowerShell write that mark, or
// UTF-16; the mark would become part of the first value, of a password as well. UTF-16 without a mark is recognised by
// the zero beside each of its first two characters. What is neither UTF-8 nor UTF-16 is returned as it is.
func Decode(data []byte) []byte {
	switch {
	case bytes.HasPrefix(data, []byte("\ufeff")):
		return data[len("\ufeff"):]
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		return decode16(data, 2, binary.LittleEndian)
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return decode16(data, 2, binary.BigEndian)
	case len(data) < 4 || data[0] == 0 && data[1] == 0:
		return data
	case data[1] == 0 && data[3] == 0:
		return decode16(data, 0, binary.LittleEndian)
	case data[0] == 0 && data[2] == 0:
		return decode16(data, 0, binary.BigEndian)
	}
	return data
}

// decode16 decodes UTF-16 behind a mark; half a character makes it return the data as they are.
func decode16(data []byte, mark int, order binary.ByteOrder) []byte {
	if len(data)%2 != 0 {
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for i := mark; i < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	runes := utf16.Decode(units)
	if slices.Contains(runes, utf8.RuneError) {
		return data
	}
	return []byte(string(runes))
}

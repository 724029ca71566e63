package command

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"qixian/rules/document"
)

func utf16le(t *testing.T, text string) string {
	t.Helper()
	data := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(text)) {
		data = binary.LittleEndian.AppendUint16(data, u)
	}
	return string(data)
}

func gbk(t *testing.T, text string) string {
	t.Helper()
	data, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestCSVOfSpreadsheets reads the same batch as spreadsheets write it.
func TestCSVOfSpreadsheets(t *testing.T) {
	const plain = "trigger,unit,at,ref,title\r\npolicy-published,县环保局,2026/11/3 9:00,甲,\"文件，一\"\r\n"
	tabs := strings.ReplaceAll(strings.ReplaceAll(plain, `"`, ""), ",", "\t")
	want := []map[string]string{
		{"trigger": "policy-published", "unit": "县环保局", "at": "2026/11/3 9:00", "ref": "甲", "title": "文件，一"},
	}
	for name, text := range map[string]string{
		"UTF-8": plain, "a mark": "\ufeff" + plain, "a mark before a quoted header": "\ufeff" + strings.Replace(plain, "trigger,unit", `"trigger","unit"`, 1),
		"GBK": gbk(t, plain), "UTF-16": utf16le(t, plain), "UTF-16 with tabs": utf16le(t, tabs), "semicolons": strings.ReplaceAll(plain, ",", ";"),
		"tabs": tabs, "the separator named": "sep=;\r\n" + strings.ReplaceAll(plain, ",", ";"), "old Mac line ends": strings.ReplaceAll(plain, "\r\n", "\r"),
		"empty columns": strings.ReplaceAll(plain, "\r\n", ",,,\r\n"), "an empty column of one row": strings.TrimSpace(plain) + ",,\r\n",
		"empty rows": "\r\n,,,\r\n" + plain + ",,,,\r\n\r\n , ,\r\n", "names in capitals": strings.Replace(plain, "trigger,unit", "Trigger , UNIT", 1),
	} {
		var ps document.Problems
		var got []map[string]string
		for _, row := range readCSV("f.csv", []byte(text), &ps) {
			got = append(got, row.cells)
		}
		if diff := cmp.Diff(want, got); diff != "" || len(ps) > 0 {
			t.Errorf("%s: %v (-want +got):\n%s", name, ps, diff)
		}
	}
	for text, want := range map[string]string{
		"":                            "f.csv: no header line: want the columns trigger,subject,unit,at,ref,title",
		"triger,at\na,b\n":            "f.csv:1:1: column trigger is missing\nf.csv:1:1: unknown column \"triger\"; did you mean \"trigger\"?",
		"trigger,at,at\n":             `f.csv:1:3: column "at" stands twice`,
		"trigger,at,title\na,b,c,d\n": `f.csv:2:4: "d" stands in a column without a name; put a text with commas in quotes`,
		"trigger,at\n\na,\"b\n":       "f.csv:3:6: extraneous or missing \" in quoted-field",
		"PK\x03\x04\x14\x00":          `f.csv: the file is a workbook (.xlsx, .xls or the like); save it as "CSV UTF-8"`,
		"trigger,at\n\xff\xff\xff\n":  `f.csv: the file is neither UTF-8 nor UTF-16 nor GBK; save it as "CSV UTF-8"`,
	} {
		var ps document.Problems
		readCSV("f.csv", []byte(text), &ps)
		if err := ps.Err(); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("sep=;\ntrigger;at\na;b\n"))
	f.Add([]byte("\xff\xfet\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var ps document.Problems
		for _, row := range readCSV("f.csv", data, &ps) {
			if row.at.Line < 2 {
				t.Errorf("row at %v", row.at)
			}
		}
	})
}

// TestMoments holds in which forms a moment is read, and that none is guessed.
func TestMoments(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-03": "2026-11-03T00:00:00", "2026-11-03T09:05": "2026-11-03T09:05:00", "2026-11-03 09:05:06": "2026-11-03T09:05:06",
		"2026/11/3 9:00": "2026-11-03T09:00:00", "2026/11/3": "2026-11-03T00:00:00", "2026/11/3 9:00:05": "2026-11-03T09:00:05",
		"2026-11-3 9:00": "2026-11-03T09:00:00", "2026.11.3 9:00": "2026-11-03T09:00:00", "2026年11月3日": "2026-11-03T00:00:00",
		"2026年11月3日 9:00": "2026-11-03T09:00:00", "2026年11月3日9时": "2026-11-03T09:00:00", "2026年11月3日 9时30分": "2026-11-03T09:30:00",
		"2026/11/3 上午 9:00": "2026-11-03T09:00:00", "2026/11/3 下午9:00": "2026-11-03T21:00:00", "2026/11/3 12:30 AM": "2026-11-03T00:30:00",
		"2026/11/3 1:30 pm": "2026-11-03T13:30:00", "２０２６／１１／３　９：００": "2026-11-03T09:00:00", "2026-11-03T01:00:00Z": "2026-11-03T09:00:00",
		"2026/11/3\u00a09:00": "2026-11-03T09:00:00", "2026/11/3 下午 12:00": "2026-11-03T12:00:00",
	} {
		got, err := parseTime(text)
		if err != nil || got.Format("2006-01-02T15:04:05") != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"11/3/2026 9:00": "want 2026-11-23", "26/11/3": "want 2026-11-23", "2026/11-3": "want 2026-11-23", "46329.375": "is a number", "yesterday": "want 2026-11-23",
		"2026/2/30": "no such day", "2026/11/3 24:00": "no such day", "2026/13/1": "no such day", "2026/11/3 9:0": "want 2026-11-23", "": "want 2026-11-23",
	} {
		if got, err := parseTime(text); err == nil || !strings.Contains(err.Error(), want) || !got.Equal(time.Time{}) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

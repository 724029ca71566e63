package scheduler

import (
	"fmt"

	"qixian/notify"
	"qixian/notify/compose"
)

// maxEnclosed is how many bytes of pages go along with one mail; what is beyond them goes as plain text, which is a
// fifth of that.
const maxEnclosed = 6 << 20

// enclose attaches to a letter to the office what its units should have had, a file each: those are what the office
// passes on, as the mail itself carries a code by which its holder could answer for all of them.
func (d *desk) enclose(l *compose.Letter) ([]notify.Attachment, error) {
	var files []notify.Attachment
	room := maxEnclosed
	for i, one := range compose.Enclosures(*l) {
		mail, err := d.Composer.Compose(one)
		if err != nil {
			return nil, fmt.Errorf("write what %s should have had: %w", one.Unit, err)
		}
		file := notify.Attachment{
			Name:    fmt.Sprintf("for-%02d.html", i+1),
			Type:    "text/html",
			Content: []byte(mail.HTML),
		}
		if len(mail.HTML) > room {
			// old editors know UTF-8 by its mark
			file = notify.Attachment{
				Name:    fmt.Sprintf("for-%02d.txt", i+1),
				Type:    "text/plain",
				Content: []byte("\ufeff" + mail.Text),
			}
		}
		room -= len(file.Content)
		files = append(files, file)
		l.Enclosed = append(l.Enclosed, compose.Enclosure{File: file.Name, Unit: one.Unit})
	}
	return files, nil
}

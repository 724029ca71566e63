package inbox

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// maxMail is how many bytes of a mail are read; what follows is attachments.
const maxMail = 256 << 10

// mail is one mail as it lies in the mailbox.
type mail struct {
	uid imap.UID
	at  time.Time // when it arrived (INTERNALDATE)
	raw []byte    // its first 256 KiB
}

// after lists the mails that came after the given one, in the order of arrival; for none, those since a day.
func (s *session) after(last imap.UID, since time.Time) ([]imap.UID, error) {
	criteria := &imap.SearchCriteria{Since: since}
	if last > 0 {
		var set imap.UIDSet
		set.AddRange(last+1, 0)
		criteria = &imap.SearchCriteria{UID: []imap.UIDSet{set}}
	}
	data, err := s.client.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return nil, s.blame(fmt.Errorf("list inbox: %w", err))
	}
	// Of a mailbox without anything new "last+1:*" is the last mail itself.
	uids := slices.DeleteFunc(data.AllUIDs(), func(uid imap.UID) bool { return uid <= last })
	slices.Sort(uids)
	return uids, nil
}

// fetch reads mails, without marking them as seen. One that was deleted meanwhile is left out; one that is there and
// that the server does not hand over is an error.
//
// The library drops a mail whose UID comes after its content, as servers are free to send it, and takes another
// client's change of a flag for the answer. So the mails are asked for by their places in the folder, which stand
// before everything, and each must have come whole.
func (s *session) fetch(uids []imap.UID) ([]mail, error) {
	places, err := s.collect(s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, InternalDate: true}))
	if err != nil {
		return nil, err
	}
	if len(places) == 0 {
		return nil, nil
	}
	mails := map[uint32]mail{}
	for _, p := range places {
		mails[p.place] = p.mail
	}
	s.line.left.Add(int64(len(mails)) * (maxMail + maxMail/8)) // and what encryption adds
	body := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: maxMail}}
	got, err := s.collect(s.client.Fetch(imap.SeqSetNum(slices.Collect(maps.Keys(mails))...), &imap.FetchOptions{
		UID: true, BodySection: []*imap.FetchItemBodySection{body},
	}))
	if err != nil {
		return nil, err
	}
	var come []mail
	for _, g := range got {
		if m := mails[g.place]; m.uid == g.uid && g.raw != nil {
			m.raw = g.raw
			come = append(come, m)
		}
	}
	if len(come) < len(mails) {
		return nil, errors.New("fetch from inbox: not all that was asked for has come")
	}
	slices.SortFunc(come, func(a, b mail) int { return cmp.Compare(a.uid, b.uid) })
	return come, nil
}

// fetched is what one answer to a fetch says of a mail.
type fetched struct {
	mail
	place uint32 // in the folder, counted from 1
}

// collect waits for the answers to a fetch. Where the line breaks within a mail it does not go on reading, as the
// library's own would, while the library itself does: it waits until that has ended.
func (s *session) collect(cmd *imapclient.FetchCommand) ([]fetched, error) {
	var all []fetched
	for data := cmd.Next(); data != nil; data = cmd.Next() {
		f, err := take(data)
		if err != nil {
			_ = s.line.Close() // the error that counts is err
			<-s.client.Closed()
			return nil, s.blame(fmt.Errorf("fetch from inbox: %w", err))
		}
		all = append(all, f)
	}
	if err := cmd.Close(); err != nil {
		return nil, s.blame(fmt.Errorf("fetch from inbox: %w", err))
	}
	return all, nil
}

// take reads one answer. After an error nothing more may be read of it.
func take(data *imapclient.FetchMessageData) (fetched, error) {
	f := fetched{place: data.SeqNum}
	for item := data.Next(); item != nil; item = data.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			f.uid = item.UID
		case imapclient.FetchItemDataInternalDate:
			f.at = item.Time
		case imapclient.FetchItemDataBodySection:
			raw, err := whole(item.Literal)
			if err != nil {
				return f, err
			}
			f.raw = raw[:min(len(raw), maxMail)]
		case imapclient.FetchItemDataBinarySection: // which nobody asked for
			if _, err := whole(item.Literal); err != nil {
				return f, err
			}
		}
	}
	return f, nil
}

// whole reads a literal to its end.
func whole(l imap.LiteralReader) ([]byte, error) {
	if l == nil {
		return []byte{}, nil
	}
	raw, err := io.ReadAll(l)
	if err == nil && int64(len(raw)) < l.Size() {
		err = io.ErrUnexpectedEOF
	}
	return raw, err
}

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// directory is one that an administrator keeps: seeds, overrides, calendar, templates. Whoever may write there may not make the daemon read,
// and mail, what lies elsewhere: a link that leads out of it is refused (see os.Root), one to a file beside it is followed. To open a pipe
// waits for nobody.
type directory string

var errLink = errors.New("the link leads out of the directory, or nowhere; put the file itself here")

// Open opens a file of the directory for reading.
func (d directory) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		if info, no := root.Lstat(name); no == nil && info.Mode().Type() == fs.ModeSymlink {
			err = &fs.PathError{Op: "open", Path: name, Err: errLink}
		}
		return nil, errors.Join(err, root.Close())
	}
	if err := root.Close(); err != nil {
		return nil, errors.Join(fmt.Errorf("close %s: %w", d, err), f.Close())
	}
	return f, nil
}

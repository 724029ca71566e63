package document

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxSize bounds one file: ten times a county's table, and what a small machine reads in seconds, whatever it holds.
const maxSize = 1 << 20

// errSpecial says that what bears a file's name is a pipe, a device or the like: to read one could take for ever, and
// stand in the way of a daemon that reads its files again.
var errSpecial = Errorf("it is no regular file; want a file, not a directory, a pipe or a device")

// Read reads the whole of a file that an administrator edits: a regular one, of at most 1 MiB, as Decode returns it. Of
// a pipe it does not wait for the other end.
func Read(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return readAll(f, path)
}

// ReadIn is Read in a file system. Opening a pipe must not wait there, either.
func ReadIn(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	return readAll(f, name)
}

// readAll also closes f.
func readAll(f fs.File, name string) ([]byte, error) {
	data, err := bounded(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return Decode(data), nil
}

func bounded(f fs.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errSpecial
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = Errorf("it has %d bytes; at most %d are read", max(info.Size(), maxSize+1), maxSize)
	}
	return data, err
}

package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"qixian/cmd/internal/app"
)

type accountCmd struct {
	Hash accountHashCmd `cmd:"" help:"Ask for a password, and print what accounts.yaml holds of it."`
}

type accountHashCmd struct{}

func (c *accountHashCmd) Run(s *session) error {
	password, err := s.askPassword()
	if err != nil {
		return fmt.Errorf("read password: %w", err)
	}
	hash, err := app.HashPassword(password)
	if err != nil {
		return err
	}
	s.say("%s", hash)
	return nil
}

// askPassword reads one line, which a terminal does not show.
func (s *session) askPassword() (string, error) {
	if f, ok := s.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if _, err := io.WriteString(s.err, "password: "); err != nil {
			return "", err
		}
		line, err := term.ReadPassword(int(f.Fd()))
		return string(line), errors.Join(err, s.endLine())
	}
	line, err := bufio.NewReader(s.in).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimRight(strings.TrimPrefix(line, "\ufeff"), "\r\n"), err
}

func (s *session) endLine() error {
	_, err := io.WriteString(s.err, "\n")
	return err
}

package configs

import "qixian/rules/document"

// Account is one line of accounts.yaml: who may sign in at the office's side of the window.
type Account struct {
	Name string
	Hash string // of the password, as `qixian account hash` prints it
	At   document.Position
}

// LoadAccounts reads accounts.yaml. The error is document.Problems, which repeat no hash. A file that others may write
// is refused. Whether the hashes are any is for the caller to say.
func LoadAccounts(path string) ([]Account, error) {
	if err := Guard(path, Writing); err != nil {
		var ps document.Problems
		ps.Add(document.Position{File: path}, "%v", err)
		return nil, ps.Err()
	}
	var accounts []Account
	err := loadEntries(path, "accounts", func(f document.Field) {
		accounts = append(accounts, Account{Name: f.Name, Hash: f.Value.Text(), At: f.Value.Position()})
	})
	return accounts, err
}

// Package lookup takes the first row of each query and leaves the others.
package lookup

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return conn{}, nil }
func (connector) Driver() driver.Driver                        { return nil }

type conn struct{}

func (conn) Prepare(query string) (driver.Stmt, error) { return stmt{}, nil }
func (conn) Close() error                              { return nil }
func (conn) Begin() (driver.Tx, error)                 { return nil, errors.New("no transactions") }

type stmt struct{}

func (stmt) Close() error                               { return nil }
func (stmt) NumInput() int                              { return -1 }
func (stmt) Exec([]driver.Value) (driver.Result, error) { return nil, errors.New("no changes") }
func (stmt) Query([]driver.Value) (driver.Rows, error)  { return &names{}, nil }

type names struct{ given int }

func (*names) Columns() []string { return []string{"name"} }
func (*names) Close() error      { return nil }

func (n *names) Next(row []driver.Value) error {
	if n.given++; n.given > 3 {
		return io.EOF
	}
	row[0] = fmt.Sprint("name ", n.given)
	return nil
}

var (
	db             = sql.OpenDB(connector{})
	serving, leave = context.WithCancel(context.Background())
)

func owner(ctx context.Context, id int) (string, error) {
	rows, err := db.QueryContext(ctx, "select name from owners where id = ?", id) //@leak("select", "growing"), preferred("close-body")
	if err != nil {
		return "", err
	}
	var name string
	if rows.Next() {
		if err := rows.Scan(&name); err != nil {
			return "", err
		}
	}
	return name, rows.Err()
}

func Run() {
	for id := range 3 {
		fmt.Println(owner(serving, id))
	}
}

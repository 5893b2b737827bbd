// Package reportdb opens a database for each report and closes none.
package reportdb

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

type memory struct{}

func (memory) Open(name string) (driver.Conn, error) { return conn{}, nil }

type conn struct{}

func (conn) Prepare(query string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (conn) Close() error                              { return nil }
func (conn) Begin() (driver.Tx, error)                 { return nil, errors.New("no transactions") }

func init() {
	for i := range 10 {
		name := fmt.Sprintf("memory%d", i)
		found := false
		for _, known := range sql.Drivers() {
			found = found || known == name
		}
		if !found {
			sql.Register(name, memory{})
			driverName = name
			return
		}
	}
}

var driverName string

func report(name string) (string, error) {
	db, err := sql.Open(driverName, name) //@leak("select", "leaked", "growing"), preferred("close-body")
	if err != nil {
		return "", err
	}
	if err := db.Ping(); err != nil {
		return "", err
	}
	return "report of " + name, nil
}

func Run() {
	for _, name := range []string{"sales", "stock"} {
		fmt.Println(report(name))
	}
}

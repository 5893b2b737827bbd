// Package healthcheck asks services for their health and never closes the answers.
package healthcheck

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
)

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func check(url string) (bool, error) {
	resp, err := client.Get(url) //@leak("select", "growing"), preferred("close-body")
	if err != nil {
		return false, err
	}
	return resp.StatusCode == http.StatusOK, nil
}

func Run() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Repeat("healthy ", 20_000))
	}))
	for range 3 {
		fmt.Println(check(server.URL))
	}
	server.Listener.Close()
}

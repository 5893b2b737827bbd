// Package idleconns keeps its connections for the next request: all bodies are closed, by a helper.
package idleconns

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
)

var server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	json.NewEncoder(w).Encode(map[string]string{"path": r.URL.Path})
}))

func finish(resp *http.Response) {
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

func status(path string) (int, error) {
	resp, err := http.Get(server.URL + path) //@nofix("close-body")
	if err != nil {
		return 0, err
	}
	finish(resp)
	return resp.StatusCode, nil
}

func Run() {
	for _, path := range []string{"/a", "/b", "/c"} {
		fmt.Println(status(path))
	}
}

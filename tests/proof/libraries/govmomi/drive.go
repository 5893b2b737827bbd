// Package drive uploads files to a server.
package drive

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vmware/govmomi/vim25/soap"
)

func Run() {
	var size atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		size.Add(n)
		fmt.Fprintln(w, "stored")
	}))
	address, err := soap.ParseURL(server.URL)
	if err != nil {
		panic(err)
	}
	client := soap.NewClient(address, true)
	for range 5 {
		upload := soap.DefaultUpload
		upload.ContentLength = 4
		if err := client.Upload(context.Background(), strings.NewReader("disk"), address, &upload); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(size.Load())
	server.CloseClientConnections()
	server.Close()
	time.Sleep(20 * time.Millisecond)
}

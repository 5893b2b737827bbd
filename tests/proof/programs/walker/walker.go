// Package walker streams the paths of a tree; the caller stops at the first match.
package walker

import (
	"fmt"
	"strings"
)

type node struct {
	name     string
	children []node
}

func (n node) walk(prefix string, visit func(string)) {
	visit(prefix + n.name)
	for _, child := range n.children {
		child.walk(prefix+n.name+"/", visit)
	}
}

func find(root node, suffix string) (string, bool) {
	paths := make(chan string)
	go func() {
		defer close(paths)
		var visited []string
		root.walk("", func(path string) { visited = append(visited, path) })
		for _, path := range visited {
			paths <- path //@leak("chan-send"), preferred("stop-channel")
		}
	}()
	for path := range paths {
		if strings.HasSuffix(path, suffix) {
			return path, true
		}
	}
	return "", false
}

func Run() {
	root := node{"src", []node{{"a", []node{{"x.go", nil}, {"y.go", nil}}}, {"b", []node{{"x.go", nil}}}}}
	for _, suffix := range []string{"x.go", "y.go", "z.go"} {
		fmt.Println(find(root, suffix))
	}
}

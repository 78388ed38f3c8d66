// What Go's gofeed reads of each document: {"name.format": [{id, url, title, published}]} on standard output.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mmcdole/gofeed"
)

type entry struct {
	ID        string `json:"id"`
	URL       string `json:"url"`
	Title     string `json:"title"`
	Published int64  `json:"published"`
}

func main() {
	read := map[string][]entry{}
	for _, pattern := range []string{"*.rss", "*.atom", "*.json"} {
		files, _ := filepath.Glob(filepath.Join(os.Args[1], pattern))
		for _, file := range files {
			name := filepath.Base(file)
			if name == "expected.json" {
				continue
			}
			opened, err := os.Open(file)
			if err != nil {
				fail(name, err)
			}
			feed, err := gofeed.NewParser().Parse(opened)
			if err != nil {
				fail(name, err)
			}
			entries := []entry{}
			for _, item := range feed.Items {
				if item.PublishedParsed == nil {
					fail(name, fmt.Errorf("%s has no time", item.GUID))
				}
				entries = append(entries, entry{item.GUID, item.Link, item.Title, item.PublishedParsed.Unix()})
			}
			read[name] = entries
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(read); err != nil {
		fail("standard output", err)
	}
}

func fail(name string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	os.Exit(1)
}

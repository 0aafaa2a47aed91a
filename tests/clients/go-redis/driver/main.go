// Drives go-redis as an ordinary application does: `driver ROW REQUEST`, one line of JSON for each round.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// What the caller asks for; the README of tests/clients says what each field is.
type request struct {
	Seeds      [][2]any `json:"seeds"`
	TLS        bool     `json:"tls"`
	CA         string   `json:"ca"`
	Cert       string   `json:"cert"`
	Key        string   `json:"key"`
	ServerName string   `json:"server_name"`
	Username   string   `json:"username"`
	Password   string   `json:"password"`
	Keys       []string `json:"keys"`
	Rounds     int      `json:"rounds"`
	Config     string   `json:"config"`
}

const (
	patience = 2 * time.Second
	// go-redis dials five times before it says a word, and up to four times over.
	dialing    = time.Second
	firstRound = 24 * time.Second
	laterRound = 15 * time.Second
)

func main() {
	row, asked := os.Args[1], read(os.Args[2])
	redis.SetLogger(console{})
	client, err := connect(row, asked)
	answers := bufio.NewScanner(os.Stdin)
	limit := firstRound
	for round := range max(asked.Rounds, 1) {
		if round > 0 && !answers.Scan() {
			return
		}
		tell(touch(client, err, asked.Keys, limit))
		limit = laterRound
	}
}

func read(path string) request {
	text, err := os.ReadFile(path)
	must(err)
	var asked request
	must(json.Unmarshal(text, &asked))
	return asked
}

func connect(row string, asked request) (*redis.ClusterClient, error) {
	if asked.Config != "" {
		return newClusterClient()
	}
	options, err := optionsOf(row, asked)
	if err != nil {
		return nil, err
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = dialing, patience, patience
	return redis.NewClusterClient(options), nil
}

func optionsOf(row string, asked request) (*redis.ClusterOptions, error) {
	options := &redis.ClusterOptions{Addrs: addresses(asked), Username: asked.Username, Password: asked.Password}
	if row == "url" {
		var err error
		if options, err = redis.ParseClusterURL(urlOf(asked)); err != nil {
			return nil, err
		}
	} else if asked.TLS {
		options.TLSConfig = &tls.Config{ServerName: asked.ServerName}
	}
	if asked.TLS {
		trust(options.TLSConfig, asked)
	}
	return options, nil
}

func urlOf(asked request) string {
	seeds := addresses(asked)
	address := url.URL{Scheme: "redis", Host: seeds[0]}
	if asked.TLS {
		address.Scheme = "rediss"
	}
	if asked.Password != "" {
		address.User = url.UserPassword(asked.Username, asked.Password)
	}
	address.RawQuery = url.Values{"addr": seeds[1:]}.Encode()
	return address.String()
}

func addresses(asked request) []string {
	var all []string
	for _, seed := range asked.Seeds {
		all = append(all, net.JoinHostPort(seed[0].(string), strconv.Itoa(int(seed[1].(float64)))))
	}
	return all
}

func trust(config *tls.Config, asked request) {
	if asked.CA != "" {
		pem, err := os.ReadFile(asked.CA)
		must(err)
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(pem)
	}
	if asked.Cert != "" {
		pair, err := tls.LoadX509KeyPair(asked.Cert, asked.Key)
		must(err)
		config.Certificates = []tls.Certificate{pair}
	}
}

// SET and GET of every key, all at once; what has not come back at the limit is called "no answer".
func touch(client *redis.ClusterClient, failed error, keys []string, limit time.Duration) map[string]*string {
	answers := make(map[string]*string)
	noAnswer := "no answer"
	for _, key := range keys {
		answers[key] = &noAnswer
	}
	var held sync.Mutex
	var work sync.WaitGroup
	for _, key := range keys {
		work.Add(1)
		go func() {
			defer work.Done()
			err := failed
			if err == nil {
				err = setAndGet(client, key)
			}
			held.Lock()
			defer held.Unlock()
			answers[key] = textOf(err)
		}()
	}
	done := make(chan struct{})
	go func() { work.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(limit):
	}
	held.Lock()
	defer held.Unlock()
	copied := make(map[string]*string, len(answers))
	for key, answer := range answers {
		copied[key] = answer
	}
	return copied
}

func setAndGet(client *redis.ClusterClient, key string) error {
	ctx := context.Background()
	if err := client.Set(ctx, key, key, 0).Err(); err != nil {
		return err
	}
	value, err := client.Get(ctx, key).Result()
	if err == nil && value != key {
		err = fmt.Errorf("%s came back as %s", key, value)
	}
	return err
}

func textOf(err error) *string {
	if err == nil {
		return nil
	}
	text := err.Error()
	note(&said, text)
	for inside := errors.Unwrap(err); inside != nil; inside = errors.Unwrap(inside) {
		note(&said, inside.Error())
	}
	return &text
}

var (
	noting sync.Mutex
	said   = []string{}
)

// Each text once, in the order of coming.
func note(where *[]string, text string) {
	noting.Lock()
	defer noting.Unlock()
	for _, known := range *where {
		if known == text {
			return
		}
	}
	*where = append(*where, text)
}

// What go-redis prints on the console of an application that has set no logger.
type console struct{}

func (console) Printf(_ context.Context, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Fprintln(os.Stderr, text)
	note(&said, text)
}

func tell(keys map[string]*string) {
	noting.Lock()
	defer noting.Unlock()
	line, err := json.Marshal(map[string]any{"keys": keys, "said": said, "inner": []string{}})
	must(err)
	fmt.Println(string(line))
	said = []string{}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
		os.Exit(2)
	}
}

// Dials TLS servers with ServerName and RootCAs, as go-redis does. A line of stdin: number, port, CA file, host, with tabs
// between. A line of stdout: the number, and in base64 the error that the application sees, nothing where a byte came back.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	atOnce = 8
	limit  = 10 * time.Second
)

func dial(port, ca, host string) error {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	plain, err := net.DialTimeout("tcp", "127.0.0.1:"+port, limit)
	if err != nil {
		return err
	}
	defer plain.Close()
	if err := plain.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	secure := tls.Client(plain, &tls.Config{ServerName: host, RootCAs: roots})
	if _, err := secure.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	_, err = secure.Read(make([]byte, 1))
	return err
}

func main() {
	lines := make(chan []string)
	var workers sync.WaitGroup
	for range [atOnce]struct{}{} {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for line := range lines {
				said := ""
				if err := dial(line[1], line[2], line[3]); err != nil {
					said = err.Error()
				}
				fmt.Println(line[0] + "\t" + base64.StdEncoding.EncodeToString([]byte(said)))
			}
		}()
	}
	for stdin := bufio.NewScanner(os.Stdin); stdin.Scan(); {
		lines <- strings.Split(stdin.Text(), "\t")
	}
	close(lines)
	workers.Wait()
}

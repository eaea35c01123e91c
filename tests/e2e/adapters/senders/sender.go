// Sends one message straight to the first MX of the recipient's domain, with Go's own resolver and
// SMTP client; a temporary refusal is tried again after ten minutes.
package main

import (
	"fmt"
	"net"
	"net/smtp"
	"os"
	"strings"
	"time"
)

func attempt(sender, recipient string) error {
	hosts, err := net.LookupMX(recipient[strings.LastIndex(recipient, "@")+1:])
	if err != nil {
		return err
	}
	text := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: Hello\r\n\r\nHello\r\n", sender, recipient)
	client, err := smtp.Dial(strings.TrimSuffix(hosts[0].Host, ".") + ":25")
	if err != nil {
		return err
	}
	defer client.Close()
	if err = client.Hello("mail.sender.test"); err != nil {
		return err
	}
	if err = client.Mail(sender); err != nil {
		return err
	}
	if err = client.Rcpt(recipient); err != nil {
		return err
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	if _, err = body.Write([]byte(text)); err != nil {
		return err
	}
	if err = body.Close(); err != nil {
		return err
	}
	return client.Quit()
}

func main() {
	for i := 0; i < 5; i++ {
		err := attempt(os.Args[1], os.Args[2])
		if err == nil {
			return
		}
		fmt.Println(err)
		time.Sleep(10 * time.Minute)
	}
	os.Exit(1)
}

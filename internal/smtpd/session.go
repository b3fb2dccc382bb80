package smtpd

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one connection's conversation.
type session struct {
	server *Server
	conn   *smtp.Conn
	cfg    Config
	signed bool
	mail   Message
}

func refuse(code int, status smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: status, Message: text}
}

func (s *session) AuthMechanisms() []string {
	if s.cfg.User == "" {
		return nil
	}
	return s.cfg.Mechanisms
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != s.cfg.User || password != s.cfg.Password {
			return refuse(535, smtp.EnhancedCode{5, 7, 8}, "authentication failed")
		}
		s.signed = true
		return nil
	}
	if mechanism == sasl.Login {
		return &login{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// login is the server's side of LOGIN: two questions, two answers.
type login struct {
	check func(user, password string) error
	user  *string
}

func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil:
		return []byte("Username:"), false, nil
	case l.user == nil:
		user := string(response)
		l.user = &user
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(*l.user, string(response))
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if _, secure := s.conn.TLSConnectionState(); !secure && !s.cfg.NoTLS {
		return refuse(530, smtp.EnhancedCode{5, 7, 0}, "must issue STARTTLS first")
	}
	if s.cfg.User != "" && !s.signed {
		return refuse(530, smtp.EnhancedCode{5, 7, 0}, "authentication required")
	}
	if s.server.failing() == BadSender {
		return refuse(550, smtp.EnhancedCode{5, 1, 8}, "sender <"+from+"> is not welcome")
	}
	s.mail = Message{From: from}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch s.server.failing() {
	case Greylist:
		return refuse(451, smtp.EnhancedCode{4, 7, 1}, "greylisted, try again later")
	case NoSuchBox:
		return refuse(550, smtp.EnhancedCode{5, 1, 1}, "no mailbox <"+to+"> here")
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	fault := s.server.failing()
	if fault == DropInData {
		_ = s.conn.Conn().Close()
		return errors.New("dropped on request")
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if bare(b) {
		return refuse(554, smtp.EnhancedCode{5, 6, 0}, "a line that does not end in CRLF")
	}
	switch fault {
	case PolicyRefused:
		return refuse(550, smtp.EnhancedCode{5, 7, 1}, "refused by policy")
	case Refused:
		return refuse(554, smtp.EnhancedCode{5, 6, 0}, "refused")
	case TooBig:
		return refuse(552, smtp.EnhancedCode{5, 3, 4}, "message too big")
	case StorageFails:
		return refuse(451, smtp.EnhancedCode{4, 3, 0}, "no space, try again later")
	}
	s.mail.Data = b
	n, err := s.server.take(s.mail)
	if err != nil {
		return refuse(452, smtp.EnhancedCode{4, 3, 1}, "cannot keep it now")
	}
	switch fault {
	case DropAfterData:
		_ = s.conn.Conn().Close()
		return errors.New("dropped on request")
	case StallAfterData:
		<-s.server.closing
	}
	return refuse(250, smtp.EnhancedCode{2, 0, 0}, fmt.Sprintf("OK: queued as RW%06d", n)) // an answer of our own goes the same way
}

// bare reports a CR or LF that stands alone. Servers that disagree on what ends a line can be made to disagree on
// what ends a mail (SMTP smuggling, CVE-2023-51764 to 51766).
func bare(b []byte) bool {
	pairs := bytes.Count(b, []byte("\r\n"))
	return bytes.Count(b, []byte("\r")) != pairs || bytes.Count(b, []byte("\n")) != pairs
}

func (s *session) Reset()        { s.mail = Message{} }
func (s *session) Logout() error { return nil }

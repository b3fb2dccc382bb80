package node

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"

	"referworks/node/api"
	"referworks/protocol"
)

// phoneForm is E.164, as cards carry it.
var phoneForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// maxNeeds is how many kinds of need one service may name.
const maxNeeds = 64

// described tidies a description and says what is wrong with it, with its place.
func described(d *api.Description) error {
	c := &d.Contact
	for _, s := range []*string{&d.Name, &c.Name, &c.Phone, &c.Email, &c.Hours, &c.Web} {
		*s = strings.TrimSpace(*s)
	}
	c.Phone = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "").Replace(c.Phone)
	if regexp.MustCompile(`^1?[2-9][0-9]{9}$`).MatchString(c.Phone) { // as people write a number of the United States
		c.Phone = "+1" + c.Phone[len(c.Phone)-10:]
	}
	amiss := func(at, sentence string) error { return &api.Amiss{At: at, Sentence: sentence} }
	switch {
	case d.Name == "":
		return amiss("name", "Write the name of the organization, as partners should see it.")
	case c.Phone != "" && !phoneForm.MatchString(c.Phone):
		return amiss("contact.phone", "Write the phone number with its area code, like 617-555-0100, or with + and the country, like +52 55 5555 0100.")
	case c.Email != "" && !plain(c.Email):
		return amiss("contact.email", "Write one e-mail address, like intake@example.org.")
	case c.Web != "" && !page(c.Web):
		return amiss("contact.web", "Write the whole address of the web site, like https://www.example.org.")
	case len(d.Services) > protocol.MaxServices:
		return amiss("services", fmt.Sprintf("List at most %d services.", protocol.MaxServices))
	}
	seen := map[string]bool{}
	for i := range d.Services {
		s := &d.Services[i]
		s.ID, s.Name, s.Area = strings.TrimSpace(s.ID), strings.TrimSpace(s.Name), strings.TrimSpace(s.Area)
		at := fmt.Sprintf("services.%d.", i)
		switch {
		case s.Name == "":
			return amiss(at+"name", "Write what this service is called.")
		case len(s.Needs) > maxNeeds:
			return amiss(at+"needs", fmt.Sprintf("Choose at most %d needs for one service.", maxNeeds))
		case s.ID == "" || seen[s.ID]:
			return amiss(at+"id", "Each service needs an id of its own.")
		}
		seen[s.ID] = true
	}
	if err := protocol.CheckCardTexts(d.Name, d.Contact, d.Services); err != nil {
		return amiss("name", "One of these texts is too long, or has a character that cannot be shown. Write it shorter and by hand.")
	}
	return nil
}

func plain(address string) bool {
	a, err := mail.ParseAddress(address)
	return err == nil && a.Address == address
}

func page(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

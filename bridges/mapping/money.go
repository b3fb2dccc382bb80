package mapping

import (
	"slices"
	"strings"
)

// moneyArgs are the arguments of "money": the signs of our numbers, and the currency of amounts without a sign.
type moneyArgs struct {
	Currency string `json:"currency"` // ISO 4217
	Decimal  string `json:"decimal"`
	Group    string `json:"group"`
}

// moneyFunction joins an amount as people write it ("$1,214.00 per month") with amount, currency and how often.
type moneyFunction struct {
	number   numberFunction
	currency string
}

func newMoney(a moneyArgs) (spec, string) {
	if a.Currency != "" && (len(a.Currency) != 3 || strings.Trim(a.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return spec{}, `"currency" must be three capital letters, like USD`
	}
	s, sentence := newNumber(numberArgs{Decimal: a.Decimal, Group: a.Group})
	if sentence != "" {
		return spec{}, sentence
	}
	return spec{function: moneyFunction{s.function.(numberFunction), a.Currency}, members: []string{"amount", "currency", "per"}}, ""
}

// currencySigns are the signs that stand for one currency where the mapping names no other with that sign.
var currencySigns = []part{{"$", "USD"}, {"€", "EUR"}, {"£", "GBP"}, {"¥", "JPY"}, {"₹", "INR"}}

func (f moneyFunction) forward(c *call, v value) value {
	s := strings.TrimSpace(v.text)
	currency, often := f.currency, ""
	if at := strings.IndexByte(s, '/'); at > 0 {
		s, often = strings.TrimSpace(s[:at]), s[at+1:]
	} else if at := strings.LastIndexAny(s, "0123456789"); at >= 0 {
		tail := strings.TrimSpace(s[at+1:])
		if code, rest, _ := strings.Cut(tail, " "); isCurrency(code) {
			currency, tail = code, rest
		}
		s, often = s[:at+1], tail
	}
	for _, sign := range currencySigns {
		if rest, found := strings.CutPrefix(s, sign.name); found {
			s = strings.TrimSpace(rest)
			if currency == "" {
				currency = sign.text
			}
		}
	}
	if len(s) > 4 && isCurrency(s[:3]) {
		currency, s = s[:3], strings.TrimSpace(s[3:])
	}
	amount := f.number.forward(c, textValue(s))
	if amount.kind != single {
		return c.fail("it is no amount of money")
	}
	out := value{kind: group, parts: []part{{"amount", amount.text}}}
	if currency != "" {
		out.parts = append(out.parts, part{"currency", currency})
	}
	if often = strings.TrimSpace(often); often != "" {
		per := periodOf(often)
		if per == "" {
			return c.fail("how often the amount is paid is not understood")
		}
		out.parts = append(out.parts, part{"per", per})
	}
	if len(out.parts) > 1 || amount.text != v.text {
		c.note(Normalized, "")
	}
	return out
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func (f moneyFunction) back(c *call, v value) value {
	amount := v.part("amount")
	if amount == "" {
		return c.fail("there is no amount")
	}
	text := strings.Replace(amount, ".", f.number.args.Decimal, 1)
	if currency := v.part("currency"); currency != "" && currency != f.currency {
		sign := currency + " "
		for _, s := range currencySigns {
			if s.text == currency && f.currency == "" {
				sign = s.name
			}
		}
		text = sign + text
	}
	if per := v.part("per"); per != "" {
		text += " " + periodWord(per, nil)
	}
	c.note(Normalized, "")
	return textValue(text)
}

// periodArgs are the arguments of "period": our own words, by the standard's.
type periodArgs struct {
	Words map[string]string `json:"words"`
}

// periodFunction is "period": how often an amount is paid, in English or Spanish words or in our own.
type periodFunction struct{ words map[string]string }

type periodWords struct {
	code  string
	words []string
}

// periods lists the words for each period of the standard; the first is written.
var periods = []periodWords{
	{"day", []string{"per day", "daily", "day", "diario", "por día", "al día"}},
	{"week", []string{"per week", "weekly", "week", "wk", "semanal", "por semana", "a la semana"}},
	{"fortnight", []string{"every two weeks", "biweekly", "bi-weekly", "every 2 weeks", "fortnightly", "two weeks", "cada dos semanas"}},
	{"semimonth", []string{"twice a month", "semimonthly", "semi-monthly", "quincenal"}},
	{"month", []string{"per month", "monthly", "month", "mo", "a month", "mensual", "por mes", "al mes"}},
	{"year", []string{"per year", "yearly", "annually", "annual", "year", "yr", "a year", "anual", "por año", "al año"}},
	{"once", []string{"once", "one time", "one-time", "una vez"}},
}

func newPeriod(a periodArgs) (spec, string) {
	for _, code := range sortedKeys(a.Words) {
		if !slices.ContainsFunc(periods, func(p periodWords) bool { return p.code == code }) {
			return spec{}, "the standard has no period " + quote(code)
		}
	}
	return spec{function: periodFunction{a.Words}}, ""
}

func (f periodFunction) forward(c *call, v value) value {
	s := collapse(v.text)
	for _, code := range sortedKeys(f.words) {
		if strings.EqualFold(f.words[code], s) {
			if f.words[code] != v.text {
				c.note(Normalized, "")
			}
			return textValue(code)
		}
	}
	if code := periodOf(s); code != "" {
		if code != v.text {
			c.note(Normalized, "")
		}
		return textValue(code)
	}
	return c.fail("how often is not understood")
}

func (f periodFunction) back(_ *call, v value) value { return textValue(periodWord(v.text, f.words)) }

func periodOf(s string) string {
	s = strings.ToLower(strings.Trim(s, " ."))
	for _, p := range periods {
		if p.code == s || slices.Contains(p.words, s) {
			return p.code
		}
	}
	return ""
}

func periodWord(code string, own map[string]string) string {
	if w := own[code]; w != "" {
		return w
	}
	for _, p := range periods {
		if p.code == code {
			return p.words[0]
		}
	}
	return code
}

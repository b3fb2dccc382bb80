// Package practice is the partner that every node has for trying things out: an organization that is none, takes
// practice referrals only, and answers by itself as the name of the referred person tells it.
package practice

import (
	"strings"
	"time"

	"referworks/protocol"
)

// Name is how the practice partner is called everywhere.
const Name = "Practice partner"

// How long the practice partner takes for things.
const (
	Pause = 2 * time.Second  // between two steps, so that each can be seen
	Slow  = 30 * time.Second // before the first step of who is slow
	Away  = 72 * time.Hour   // of who is offline
)

// Behavior is one way to answer.
type Behavior struct {
	Key   string         `json:"key"`
	Word  string         `json:"word"`  // in any name of the referred person; empty: everybody else
	Shows protocol.Words `json:"shows"` // what one sees
}

// The behaviors by their keys.
const (
	Accepts  = "accepts"
	Declines = "declines"
	Asks     = "asks"
	IsSlow   = "slow"
	IsAway   = "offline"
	Repeats  = "repeats"
	Breaks   = "broken-file"
	Others   = "others"
)

// Behaviors lists all ways to answer, in the order in which a name is looked up; the last is for every other name.
var Behaviors = []Behavior{
	{Accepts, "Accept", protocol.Words{
		EN: "Accepts, makes an appointment, begins to help, and closes the referral: every need was fully helped.",
		ES: "Acepta, da una cita, empieza la atención y cierra la derivación: todas las necesidades quedaron atendidas."}},
	{Declines, "Decline", protocol.Words{
		EN: "Declines for lack of room. Try sending the referral on to somebody else.",
		ES: "Rechaza por falta de lugar. Pruebe a enviar la derivación a otra organización."}},
	{Asks, "Question", protocol.Words{
		EN: "Asks a question, and accepts when you have answered it.",
		ES: "Hace una pregunta y acepta cuando usted la responde."}},
	{IsSlow, "Slow", protocol.Words{
		EN: "Does nothing for 30 seconds, then accepts.",
		ES: "No hace nada durante 30 segundos y luego acepta."}},
	{IsAway, "Offline", protocol.Words{
		EN: "Cannot be reached for three days. Your node keeps trying, and tells you when it is time to phone.",
		ES: "No se le puede contactar durante tres días. Su nodo lo sigue intentando y le avisa cuándo llamar por teléfono."}},
	{Repeats, "Repeat", protocol.Words{
		EN: "Accepts, and sends the same acceptance again and again. You see it once.",
		ES: "Acepta y envía la misma aceptación una y otra vez. Usted la ve una sola vez."}},
	{Breaks, "Broken", protocol.Words{
		EN: "Accepts, and sends a document that arrives broken. Your node does not take it, and the partner writes a note instead.",
		ES: "Acepta y envía un documento que llega dañado. Su nodo no lo recibe, y la otra parte escribe una nota en su lugar."}},
	{Others, "", protocol.Words{
		EN: "Accepts.",
		ES: "Acepta."}},
}

// Of finds how a referral is to be answered: by a word in any name of the referred person, whatever its case.
func Of(r *protocol.Referral) string {
	var names strings.Builder
	for i := range r.Person.Names {
		n := &r.Person.Names[i]
		for _, part := range []string{n.Given.Text(), n.Middle.Text(), n.Family.Text(), n.Full.Text()} {
			names.WriteString(strings.ToLower(part) + " ")
		}
	}
	for _, b := range Behaviors {
		if b.Word != "" && strings.Contains(names.String(), strings.ToLower(b.Word)) {
			return b.Key
		}
	}
	return Others
}

// AwayUntil is when the practice partner can be reached for a referral that was written at a time.
func AwayUntil(r *protocol.Referral, written time.Time) time.Time {
	if Of(r) == IsAway {
		return written.Add(Away)
	}
	return time.Time{}
}

// Spoils tells whether the practice partner's files arrive broken.
func Spoils(r *protocol.Referral) bool { return Of(r) == Breaks }

package protocol

// Transport is the first of a referral's three registers: how far it got, by itself, without a person's decision.
type Transport string

// The states of the transport register. Waiting is shown with its reason; it is never silent.
const (
	Queued        Transport = "queued"
	Waiting       Transport = "waiting" // parked: a grant, a hello or a person is missing
	Sent          Transport = "sent"    // handed to the network, no receipt yet
	OnTheirDisk   Transport = "received"
	InTheirMedium Transport = "delivered"
	HandedBlind   Transport = "delivered-blind"
	SeenByPerson  Transport = "read"
	TurnedAway    Transport = "refused"
	Undeliverable Transport = "undeliverable"
)

// TransportRow says what a state means to a person at the sending side.
type TransportRow struct {
	State Transport
	Next  []Transport
	Words string // for the screen
	Means string
}

// TransportTable is the whole register, in order.
func TransportTable() []TransportRow {
	return []TransportRow{
		{Queued, []Transport{Waiting, Sent, OnTheirDisk, TurnedAway, Undeliverable}, "On its way", "It is stored here and goes out as soon as the partner can be reached."},
		{Waiting, []Transport{Queued, Undeliverable}, "Waiting", "It is stored here and does not go out until the reason shown beside it is gone."},
		{Sent, []Transport{Queued, Waiting, OnTheirDisk, TurnedAway, Undeliverable}, "Sent", "It left here; the partner has not confirmed it yet."},
		{OnTheirDisk, []Transport{InTheirMedium, HandedBlind, SeenByPerson}, "Received", "The partner signed that it is stored there."},
		{InTheirMedium, []Transport{SeenByPerson}, "Delivered", "The partner's own system took it and gave it a reference."},
		{HandedBlind, []Transport{SeenByPerson}, "Handed over", "It was handed to e-mail or a file; nobody confirmed that it was seen."},
		{SeenByPerson, nil, "Opened", "A person at the partner opened it."},
		{TurnedAway, nil, "Refused", "The partner's node refused it, with the reason shown."},
		{Undeliverable, nil, "Not delivered", "It could not be delivered in time. Phone the partner."},
	}
}

// After tells whether the register may move from s to next.
func (s Transport) After(next Transport) bool {
	for _, r := range TransportTable() {
		if r.State == s {
			for _, n := range r.Next {
				if n == next {
					return true
				}
			}
		}
	}
	return false
}

// TransportOf gives the state that a receipt's level means to the sender.
func TransportOf(l Level) Transport {
	return map[Level]Transport{Received: OnTheirDisk, Delivered: InTheirMedium, DeliveredBlind: HandedBlind, Read: SeenByPerson, Refused: TurnedAway}[l]
}

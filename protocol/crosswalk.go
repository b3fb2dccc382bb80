package protocol

import "slices"

// Cross is one row of a crosswalk between what stands here and another standard's code. A row holds in both directions
// unless Narrows says that something is lost on the way out; of several rows with one foreign code the first is the way
// back.
type Cross struct {
	Ours     string // a Status, or an outcome's code
	Theirs   string
	Business string // what Theirs cannot say, for those who read it: FHIR Task.businessStatus, our own word
	Narrows  bool   // Theirs alone says less than Ours
}

// Crosswalk is a table of one standard.
type Crosswalk struct {
	Name string // of the other standard and of its member
	Of   string // what of ours: status or outcome
	Rows []Cross
}

// Crosswalks gives all tables, for the documentation and the screens.
func Crosswalks() []Crosswalk { return []Crosswalk{taskWalk, transactionWalk, hudWalk} }

// Task statuses are those of FHIR R4 (Task.status); the code of ours goes along as businessStatus, so that nothing is lost
// between two readers that know it.
var taskWalk = Crosswalk{Name: "FHIR R4 Task.status", Of: "status", Rows: []Cross{
	{string(StatusNew), "requested", "new", false},
	{string(StatusInReview), "received", "in-review", false},
	{string(StatusWaitlisted), "on-hold", "waitlisted", false},
	{string(StatusAccepted), "accepted", "accepted", false},
	{string(StatusInService), "in-progress", "in-service", false},
	{string(StatusScheduled), "in-progress", "scheduled", true},
	{string(StatusNoShow), "in-progress", "no-show", true},
	{string(StatusClosed), "completed", "closed", false},
	{string(StatusDeclined), "rejected", "declined", false},
	{string(StatusReturned), "rejected", "returned", true},
	{string(StatusRecalled), "cancelled", "recalled", false},
	{string(StatusConsentEnded), "cancelled", "consent-ended", true},
	{string(StatusError), "entered-in-error", "entered-in-error", false},
}}

// Transactions are the messages of the IHE 360X closed loop, by the one that tells of the status. It has no word for a
// review, a waiting list or the end of a consent.
var transactionWalk = Crosswalk{Name: "IHE 360X transaction", Of: "status", Rows: []Cross{
	{string(StatusNew), "Referral Request", "", false},
	{string(StatusInReview), "Referral Request", "", true},
	{string(StatusWaitlisted), "Referral Request", "", true},
	{string(StatusAccepted), "Referral Accept", "", false},
	{string(StatusScheduled), "Appointment Notification", "", false},
	{string(StatusNoShow), "No-Show Notification", "", false},
	{string(StatusInService), "Interim Consultation Note", "", false},
	{string(StatusClosed), "Referral Outcome", "", false},
	{string(StatusDeclined), "Referral Decline", "", false},
	{string(StatusReturned), "Referral Decline", "", true},
	{string(StatusRecalled), "Referral Cancellation", "", false},
	{string(StatusConsentEnded), "Referral Cancellation", "", true},
	{string(StatusError), "Referral Cancellation", "", true},
}}

// HUD referral results (Coordinated Entry, data element 4.20, ReferralResult) have three codes; what is still open has none.
var hudWalk = Crosswalk{Name: "HUD ReferralResult", Of: "outcome", Rows: []Cross{
	{"helped-fully", "1", "", false},
	{"helped-partly", "1", "", true},
	{"advice-only", "1", "", true},
	{"enrolled", "1", "", true},
	{"eligible-waiting", "1", "", true},
	{"person-declined", "2", "", false},
	{"could-not-contact", "2", "", true},
	{"no-show", "2", "", true},
	{"not-eligible", "3", "", false},
	{"no-capacity", "3", "", true},
	{"referred-on", "3", "", true},
	{"unknown", "", "", true},
}}

// out gives a row by our word; a zero one when there is none.
func (c *Crosswalk) out(ours string) Cross {
	i := slices.IndexFunc(c.Rows, func(r Cross) bool { return r.Ours == ours })
	if i < 0 {
		return Cross{}
	}
	return c.Rows[i]
}

// back gives our word for a foreign one; "" when there is none.
func (c *Crosswalk) back(theirs string) string {
	i := slices.IndexFunc(c.Rows, func(r Cross) bool { return r.Theirs == theirs })
	if i < 0 || theirs == "" {
		return ""
	}
	return c.Rows[i].Ours
}

// TaskStatus gives FHIR R4 Task.status and the code for Task.businessStatus.
func TaskStatus(l Life) (status, business string) {
	r := taskWalk.out(string(l.Status))
	return r.Theirs, r.Business
}

// StatusOfTask is the way back. A businessStatus that does not fit the status is left aside, so that the status rules;
// false when neither says anything that is known here.
func StatusOfTask(status, business string) (Status, bool) {
	if r := taskWalk.out(business); r.Theirs == status && status != "" {
		return Status(r.Ours), true
	}
	switch status { // words of the Task's own life that are not ours
	case "draft", "ready":
		status = "requested"
	case "failed":
		return StatusClosed, true
	}
	s := taskWalk.back(status)
	return Status(s), s != ""
}

// Transaction gives the 360X message that tells of a life's status. A request to stop that waits for its answer is a
// Referral Cancellation too.
func Transaction(l Life) string {
	if l.RecallAsked {
		return transactionWalk.out(string(StatusRecalled)).Theirs
	}
	return transactionWalk.out(string(l.Status)).Theirs
}

// StatusOfTransaction is the way back: what a 360X message makes of a referral. A Referral Cancellation is a recall's wish;
// only the fold says whether it was granted.
func StatusOfTransaction(name string) (Status, bool) {
	s := transactionWalk.back(name)
	return Status(s), s != ""
}

// HUDResult gives HUD's ReferralResult of a life: "1" successful, "2" unsuccessful and the client's doing, "3" unsuccessful
// and the provider's; "" while nothing is decided, and where HUD has no code. Of several needs the best outcome counts.
func HUDResult(l Life) string {
	switch l.Status {
	case StatusDeclined, StatusReturned:
		if slices.Contains([]string{"person-declined", "could-not-contact", "consent-withdrawn"}, l.Turned.Reason) {
			return "2"
		}
		return "3"
	case StatusConsentEnded:
		return "2"
	case StatusClosed:
		best := ""
		for _, o := range l.Outcomes {
			if code := hudWalk.out(o.Result).Theirs; code != "" && (best == "" || code < best) {
				best = code
			}
		}
		return best
	}
	return ""
}

// OutcomeOfHUD gives the outcome that a ReferralResult stands for, the plainest one of those that it covers.
func OutcomeOfHUD(code string) string { return hudWalk.back(code) }

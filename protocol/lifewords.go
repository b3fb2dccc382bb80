package protocol

import (
	"strings"
)

// Words are a text in the languages of the screens.
type Words struct {
	EN string `json:"en"`
	ES string `json:"es"`
}

// In gives the text in a language, English for any but Spanish.
func (w Words) In(language string) string {
	if strings.HasPrefix(language, "es") {
		return w.ES
	}
	return w.EN
}

// ActWords are a row of the table as people read it. Placeholders: {partner} the other organization.
type ActWords struct {
	Button Words // on the button, as who acts reads it
	Means  Words // what happens
	Did    Words // in the history, after the name of who did it: "accepted it"
	Cannot Words // begins the refusal: "You can no longer accept this referral"
	Told   Words // who is told
}

// StatusWords are a status as people read it.
type StatusWords struct {
	Label   Words
	Because Words // ends the refusal: "because {who} accepted it on {date}"
}

// WordsOfStatus gives the words of a status.
func WordsOfStatus(s Status) StatusWords { return statusWords[s] }

// WordsOfAct gives the words of a kind of message.
func WordsOfAct(k MessageKind) ActWords { return actWords[k] }

var statusWords = map[Status]StatusWords{
	StatusNew:          {Words{"New", "Nueva"}, Words{"it was only sent on {date} and nobody has decided yet", "se envió el {date} y nadie ha decidido todavía"}},
	StatusInReview:     {Words{"In review", "En revisión"}, Words{"{who} began to look at it on {date}", "{who} empezó a revisarla el {date}"}},
	StatusWaitlisted:   {Words{"On the waiting list", "En lista de espera"}, Words{"{who} put it on the waiting list on {date}", "{who} la puso en lista de espera el {date}"}},
	StatusAccepted:     {Words{"Accepted", "Aceptada"}, Words{"{who} accepted it on {date}", "{who} la aceptó el {date}"}},
	StatusScheduled:    {Words{"Appointment made", "Con cita"}, Words{"{who} made an appointment on {date}", "{who} dio una cita el {date}"}},
	StatusNoShow:       {Words{"Did not come", "No se presentó"}, Words{"{who} noted on {date} that the person did not come", "{who} anotó el {date} que la persona no se presentó"}},
	StatusInService:    {Words{"Being helped", "En atención"}, Words{"{who} has been helping since {date}", "{who} atiende a la persona desde el {date}"}},
	StatusClosed:       {Words{"Closed", "Cerrada"}, Words{"{who} closed it on {date}", "{who} la cerró el {date}"}},
	StatusDeclined:     {Words{"Declined", "Rechazada"}, Words{"{who} declined it on {date}", "{who} la rechazó el {date}"}},
	StatusReturned:     {Words{"Returned", "Devuelta"}, Words{"{who} returned it on {date}", "{who} la devolvió el {date}"}},
	StatusRecalled:     {Words{"Recalled", "Retirada"}, Words{"{who} recalled it on {date}", "{who} la retiró el {date}"}},
	StatusConsentEnded: {Words{"Consent ended", "Consentimiento retirado"}, Words{"the consent ended on {date}", "el consentimiento terminó el {date}"}},
	StatusError:        {Words{"Sent by mistake", "Enviada por error"}, Words{"{who} marked it as sent by mistake on {date}", "{who} la marcó como enviada por error el {date}"}},
}

var (
	toldSender    = Words{"The sender", "Quien la envió"}
	toldRecipient = Words{"The recipient", "Quien la recibió"}
	toldOther     = Words{"The other side", "La otra parte"}
)

var actWords = map[MessageKind]ActWords{
	KindReferral: {
		Words{"Send", "Enviar"}, Words{"The referral goes to {partner}.", "La derivación se envía a {partner}."},
		Words{"sent the referral", "envió la derivación"}, Words{"You cannot send this referral again", "No puede enviar esta derivación otra vez"}, toldRecipient,
	},
	KindReview: {
		Words{"Start reviewing", "Empezar la revisión"}, Words{"{partner} sees that somebody is looking at it.", "{partner} ve que alguien la está revisando."},
		Words{"began to look at it", "empezó a revisarla"}, Words{"You can no longer put this referral in review", "Ya no puede poner esta derivación en revisión"}, toldSender,
	},
	KindCleared: {
		Words{"No conflict: ask for the rest", "Sin conflicto: pedir el resto"}, Words{"You found no conflict of interest. {partner}'s system sends everything else.", "Usted no encontró conflicto de intereses. El sistema de {partner} envía todo lo demás."},
		Words{"found no conflict of interest", "no encontró conflicto de intereses"}, Words{"You can no longer finish a conflict check in this referral", "Ya no puede terminar una revisión de conflicto en esta derivación"}, toldSender,
	},
	KindAccept: {
		Words{"Accept", "Aceptar"}, Words{"You take the person on. {partner} is told.", "Usted atenderá a la persona. Se avisa a {partner}."},
		Words{"accepted it", "la aceptó"}, Words{"You can no longer accept this referral", "Ya no puede aceptar esta derivación"}, toldSender,
	},
	KindWaitlist: {
		Words{"Put on the waiting list", "Poner en lista de espera"}, Words{"You will take the person on when there is room.", "Atenderá a la persona cuando haya lugar."},
		Words{"put it on the waiting list", "la puso en lista de espera"}, Words{"You can no longer put this referral on the waiting list", "Ya no puede poner esta derivación en lista de espera"}, toldSender,
	},
	KindDecline: {
		Words{"Decline", "Rechazar"}, Words{"You do not take the person on. {partner} is told why and can send the referral to somebody else.", "No atenderá a la persona. Se le dice a {partner} por qué, y puede enviarla a otra organización."},
		Words{"declined it", "la rechazó"}, Words{"You can no longer decline this referral", "Ya no puede rechazar esta derivación"}, toldSender,
	},
	KindReturn: {
		Words{"Return", "Devolver"}, Words{"You give it back undecided, because it came to the wrong place or cannot be used.", "La devuelve sin decidir, porque llegó al lugar equivocado o no se puede usar."},
		Words{"returned it", "la devolvió"}, Words{"You can no longer return this referral", "Ya no puede devolver esta derivación"}, toldSender,
	},
	KindUnaccept: {
		Words{"Take the acceptance back", "Retirar la aceptación"}, Words{"It goes back into review. Tell {partner} why.", "Vuelve a revisión. Explique a {partner} por qué."},
		Words{"took the acceptance back", "retiró la aceptación"}, Words{"You can no longer take the acceptance back", "Ya no puede retirar la aceptación"}, toldSender,
	},
	KindSchedule: {
		Words{"Make an appointment", "Dar una cita"}, Words{"{partner} sees when and where.", "{partner} ve cuándo y dónde."},
		Words{"made an appointment", "dio una cita"}, Words{"You cannot make an appointment for this referral", "No puede dar una cita para esta derivación"}, toldSender,
	},
	KindNoShow: {
		Words{"Did not come", "No se presentó"}, Words{"The person did not come to the appointment. {partner} can help to find out why.", "La persona no se presentó a la cita. {partner} puede ayudar a saber por qué."},
		Words{"noted that the person did not come", "anotó que la persona no se presentó"}, Words{"You cannot note that the person did not come", "No puede anotar que la persona no se presentó"}, toldSender,
	},
	KindServe: {
		Words{"Start helping", "Empezar la atención"}, Words{"You are helping the person now.", "Usted ya atiende a la persona."},
		Words{"began to help", "empezó la atención"}, Words{"You cannot start helping in this referral", "No puede empezar la atención de esta derivación"}, toldSender,
	},
	KindClose: {
		Words{"Close", "Cerrar"}, Words{"Say what became of each need. {partner} is told if the person agreed to that.", "Diga qué pasó con cada necesidad. Se avisa a {partner} si la persona estuvo de acuerdo."},
		Words{"closed it", "la cerró"}, Words{"You can no longer close this referral", "Ya no puede cerrar esta derivación"}, toldSender,
	},
	KindReopen: {
		Words{"Reopen", "Reabrir"}, Words{"You help the person again.", "Usted vuelve a atender a la persona."},
		Words{"reopened it", "la reabrió"}, Words{"You cannot reopen this referral", "No puede reabrir esta derivación"}, toldSender,
	},
	KindRecall: {
		Words{"Recall", "Retirar"}, Words{"Before it is accepted it is over at once, and {partner} destroys what it holds. After that you ask {partner} to stop.", "Antes de que se acepte, termina de inmediato y {partner} destruye lo que tiene. Después, usted pide a {partner} que pare."},
		Words{"recalled it", "la retiró"}, Words{"You can no longer recall this referral", "Ya no puede retirar esta derivación"}, toldRecipient,
	},
	KindRecallAnswer: {
		Words{"Answer the request to stop", "Responder a la petición de parar"}, Words{"Say whether you stop. If you do, what you hold is destroyed.", "Diga si va a parar. Si para, se destruye lo que usted tiene."},
		Words{"answered the request to stop", "respondió a la petición de parar"}, Words{"You cannot answer a request to stop", "No puede responder a una petición de parar"}, toldSender,
	},
	KindUpdate: {
		Words{"Send an update", "Enviar una actualización"}, Words{"{partner} gets the new version and sees what changed.", "{partner} recibe la nueva versión y ve qué cambió."},
		Words{"sent a new version", "envió una nueva versión"}, Words{"You can no longer update this referral", "Ya no puede actualizar esta derivación"}, toldRecipient,
	},
	KindQuestion: {
		Words{"Ask a question", "Hacer una pregunta"}, Words{"While it is open the other side has to answer.", "Mientras está abierta, le toca responder a la otra parte."},
		Words{"asked a question", "hizo una pregunta"}, Words{"You can no longer ask about this referral", "Ya no puede preguntar sobre esta derivación"}, toldOther,
	},
	KindAnswer: {
		Words{"Answer", "Responder"}, Words{"The question is answered.", "La pregunta queda respondida."},
		Words{"answered a question", "respondió a una pregunta"}, Words{"There is no open question with this number for you to answer", "No hay ninguna pregunta abierta con ese número para usted"}, toldOther,
	},
	KindNote: {
		Words{"Write a note", "Escribir una nota"}, Words{"Both sides can read it.", "Las dos partes pueden leerla."},
		Words{"wrote a note", "escribió una nota"}, Words{"You can no longer write notes in this referral", "Ya no puede escribir notas en esta derivación"}, toldOther,
	},
	KindAttach: {
		Words{"Add a document", "Añadir un documento"}, Words{"{partner} gets the document.", "{partner} recibe el documento."},
		Words{"added a document", "añadió un documento"}, Words{"You can no longer add documents to this referral", "Ya no puede añadir documentos a esta derivación"}, toldOther,
	},
	KindPropose: {
		Words{"Suggest another organization", "Sugerir otra organización"}, Words{"{partner} decides whether the referral goes on to it.", "{partner} decide si la derivación sigue hacia ella."},
		Words{"suggested another organization", "sugirió otra organización"}, Words{"You can no longer suggest another organization", "Ya no puede sugerir otra organización"}, toldSender,
	},
	KindProposeAnswer: {
		Words{"Answer the suggestion", "Responder a la sugerencia"}, Words{"With yes, {partner} may pass the referral on.", "Si dice que sí, {partner} puede pasar la derivación."},
		Words{"answered the suggestion", "respondió a la sugerencia"}, Words{"There is no open suggestion with this number", "No hay ninguna sugerencia abierta con ese número"}, toldRecipient,
	},
	KindEnteredInError: {
		Words{"Sent by mistake", "Enviada por error"}, Words{"It should never have been sent. {partner} is asked to destroy what it holds.", "No debió enviarse. Se pide a {partner} que destruya lo que tiene."},
		Words{"marked it as sent by mistake", "la marcó como enviada por error"}, Words{"You cannot mark this referral as sent by mistake any more", "Ya no puede marcar esta derivación como enviada por error"}, toldRecipient,
	},
	KindConsentEnded: {
		Words{"The person withdrew consent", "La persona retiró su consentimiento"}, Words{"No personal data may pass any more, and the recipient is asked to destroy what it holds.", "Ya no puede pasar ningún dato personal, y se pide a quien la recibió que destruya lo que tiene."},
		Words{"noted that the consent ended", "anotó que terminó el consentimiento"}, Words{"The end of the consent cannot be noted any more", "Ya no se puede anotar el fin del consentimiento"}, toldOther,
	},
	KindPurged: {
		Words{"Destroy what we hold", "Destruir lo que tenemos"}, Words{"What is here about the person cannot be read any more, and {partner} gets your signed word on it.", "Lo que hay aquí sobre la persona ya no se puede leer, y {partner} recibe su palabra firmada."},
		Words{"answered the request to destroy what it holds", "respondió a la petición de destruir lo que tiene"}, Words{"Nobody asks you to destroy what you hold", "Nadie le pide destruir lo que tiene"}, toldSender,
	},
}

// Why says what kind of refusal it is.
type Why string

// The reasons of a refusal.
const (
	WhyUnknown   Why = "unknown"   // no such step
	WhySide      Why = "side"      // the other side's step
	WhyStatus    Why = "status"    // the status does not allow it
	WhyCondition Why = "condition" // there is nothing to answer
	WhyTwice     Why = "twice"     // it is there already
	WhyLate      Why = "late"      // the time for it is over
)

// Refusal is a step that cannot be taken. It holds no personal data.
type Refusal struct {
	Kind    MessageKind
	By      Side
	Status  Status
	Since   int64 // of Status
	Made    Side  // who made Status
	Why     Why
	When    Condition
	Instead []MessageKind // what the side can do
}

func (r *Refusal) Error() string { return r.Sentence("en", "the other organization", "") }

// Sentence is the refusal for a person: what cannot be done, why, and what can be done instead. partner is the other
// organization's name and date says when the status began, as people of that language say it.
func (r *Refusal) Sentence(language, partner, date string) string {
	en := !strings.HasPrefix(language, "es")
	pick := func(e, s string) string {
		if en {
			return e
		}
		return s
	}
	w, ok := actWords[r.Kind]
	if !ok {
		return pick("There is no such step.", "No existe ese paso.")
	}
	s := w.Cannot.In(language)
	switch r.Why {
	case WhySide:
		s = `"` + w.Button.In(language) + `"` + pick(": only {partner} can do this", ": solo {partner} puede hacerlo")
	case WhyTwice:
		s += pick(": this was done already", ": eso ya está hecho")
	case WhyLate:
		s += pick(": the days in which that was possible are over", ": ya pasaron los días en que se podía")
	case WhyStatus:
		s += pick(", because ", ", porque ") + statusWords[r.Status].Because.In(language)
	}
	s += "."
	if len(r.Instead) > 0 {
		var can []string
		for _, k := range r.Instead {
			can = append(can, `"`+buttonOf(k, r.Status).In(language)+`"`)
		}
		s += pick(" You can: ", " Puede elegir: ") + strings.Join(can, ", ") + "."
	}
	who := partner
	if r.Made == r.By {
		who = pick("you", "usted")
		s = strings.ReplaceAll(s, "{who} has been helping", "you have been helping")
	}
	if date == "" {
		s = strings.NewReplacer(pick(" on {date}", " el {date}"), "", pick(" since {date}", " desde el {date}"), "").Replace(s)
	}
	return strings.NewReplacer("{partner}", partner, "{who}", who, "{date}", date).Replace(s)
}

// buttonOf is the word on the button in a status: after an acceptance a recall is a request.
func buttonOf(k MessageKind, s Status) Words {
	if k == KindRecall && !s.Undecided() {
		return Words{"Ask them to stop", "Pedirles que paren"}
	}
	return actWords[k].Button
}

// ButtonOf gives the word on the button for a step in a status.
func ButtonOf(k MessageKind, s Status) Words { return buttonOf(k, s) }

// ReasonWords and OutcomeWords are the codes of a decline, a return and an outcome as people read them.
func ReasonWords(code string) Words { return reasonWords[code] }

// OutcomeWords are those of an outcome.
func OutcomeWords(code string) Words { return outcomeWords[code] }

var reasonWords = map[string]Words{
	"not-eligible-income": {"Income is outside the limits", "Los ingresos no están dentro de los límites"}, "not-eligible-assets": {"Assets are outside the limits", "Los bienes no están dentro de los límites"},
	"not-eligible-area": {"Outside the area", "Fuera de la zona"}, "not-eligible-age": {"Age", "La edad"}, "not-eligible-citizenship": {"Citizenship or immigration status", "La ciudadanía o el estatus migratorio"},
	"not-eligible-household": {"Household", "El hogar"}, "not-eligible": {"Not eligible for another reason", "No cumple los requisitos por otra razón"}, "no-capacity": {"No room now", "No hay lugar ahora"},
	"wrong-service": {"Not what we do", "No es lo que hacemos"}, "missing-information": {"Information is missing", "Falta información"}, "missing-document": {"A document is missing", "Falta un documento"},
	"could-not-contact": {"We could not reach the person", "No pudimos localizar a la persona"}, "person-declined": {"The person does not want it", "La persona no lo quiere"}, "consent-withdrawn": {"The person withdrew consent", "La persona retiró su consentimiento"},
	"duplicate": {"We have this already", "Ya la tenemos"}, "already-served": {"The person has this help already", "La persona ya recibe esta ayuda"}, "deadline-too-short": {"There is not enough time", "No hay tiempo suficiente"},
	"no-interpreter-or-access": {"No interpreter, or no access", "Sin intérprete o sin acceso"}, "safety": {"Safety", "Seguridad"}, "unable-to-assist": {"Unable to assist", "No podemos ayudar"}, "other": {"Another reason", "Otra razón"},
	"wrong-recipient": {"It came to the wrong place", "Llegó al lugar equivocado"}, "incomplete": {"It is not complete", "Está incompleta"}, "not-usable": {"It cannot be used", "No se puede usar"},
}

var outcomeWords = map[string]Words{
	"helped-fully": {"Helped fully", "Ayuda completa"}, "helped-partly": {"Helped in part", "Ayuda parcial"}, "advice-only": {"Advice only", "Solo orientación"}, "enrolled": {"Enrolled", "Inscrita"},
	"eligible-waiting": {"Eligible, waiting", "Cumple los requisitos, en espera"}, "could-not-contact": {"We could not reach the person", "No pudimos localizar a la persona"}, "no-show": {"Did not come", "No se presentó"},
	"person-declined": {"The person did not want it", "La persona no lo quiso"}, "not-eligible": {"Not eligible", "No cumple los requisitos"}, "no-capacity": {"No room", "No hay lugar"}, "referred-on": {"Referred on", "Derivada a otra organización"}, "unknown": {"Not known", "No se sabe"},
}

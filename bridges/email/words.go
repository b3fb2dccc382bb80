package email

import "strings"

// say are the sentences of mails and of the page behind a link, in one language. Spanish is written for people who are
// addressed as usted.
type say struct {
	Lang string

	// mails
	Subject, PracticeWords                  string
	NewFrom, New, Open, Code, Ends, Forward string
	Reply, ReplySends, Sender               string
	CodeSubject, CodeText                   string
	TellSubject, TellText, TellPage         string

	// page
	Title, Gone, GoneHow, AskCode, AskHow, SendCode, CodeSent, CodeLabel, OpenButton string
	CodeWrong, CodeMany, CodeMail, Closed, Erased, NotNow                            string
	From, FilesWord, Download                                                        string
	AcceptHead, AcceptNote, AcceptButton                                             string
	DeclineHead, DeclineReason, DeclineNote, DeclineButton, Choose, ChooseFirst      string
	AskHead, AskText, AskButton, AskEmpty                                            string
	SeenBy, Optional                                                                 string
	Done, DoneWaits                                                                  string
	DidAccept, DidDecline, DidAsk                                                    string
	Other, OtherLang                                                                 string
}

var english = say{
	Lang: "en", Subject: "New referral %s", PracticeWords: "This is practice: not a real person.",
	New: "A new referral is waiting for you.", NewFrom: "A new referral from %s is waiting for you.",
	Open: "Open it here:", Code: "The page sends a code to this mailbox and asks for it.", Ends: "The link ends on %s.",
	Forward:     "Please do not forward this mail.",
	Reply:       "To decide by mail, answer this one and begin with Accept, Decline or Question, followed by a colon: \"Accept: we will call tomorrow\".",
	ReplySends:  "What stands behind the word is sent to %s.",
	CodeSubject: "Your code", CodeText: "The code that the page asks for is %s. It is good for 15 minutes. Nobody will ask you for it by telephone. If you did not ask for it, do nothing.",
	TellSubject: "Referral %s: news", TellText: "There is news of the referral %s.", TellPage: "Open Referworks to read it.",

	Title: "Referral", Gone: "This link does not work", GoneHow: "It has ended, or it was not copied whole. Open the link in the mail again, or open the referral in Referworks.",
	AskCode: "A referral for you", AskHow: "It is shown to people who can read the mailbox that the link was sent to. We send a code of eight digits there.", SendCode: "Send the code",
	CodeSent: "The code is on its way. It may take a minute.", CodeLabel: "Code from the mail", OpenButton: "Open the referral",
	CodeWrong: "This is not the code. Look at the newest mail and try again.", CodeMany: "Too many codes were asked for or tried. Wait an hour, then send a new one.",
	CodeMail: "The code could not be mailed now. Try again in a minute.", Closed: "The page was open for half an hour and has closed. Send a new code.",
	Erased: "The referral cannot be shown any more: it was erased, or it is not here.", NotNow: "This could not be kept just now. Nothing was done. Try again in a minute.",
	From: "From %s", FilesWord: "Files", Download: "Save %s",
	AcceptHead: "Accept", AcceptNote: "Note", AcceptButton: "Accept this referral",
	DeclineHead: "Decline", DeclineReason: "Reason", DeclineNote: "Note", DeclineButton: "Decline this referral", Choose: "Choose a reason", ChooseFirst: "Choose a reason first.",
	AskHead: "Ask a question", AskText: "Question", AskButton: "Send the question", AskEmpty: "Write the question first.",
	SeenBy: "%s sees what you write.", Optional: "optional",
	Done: "It is done.", DoneWaits: "Your answer was kept. A colleague has to look at it before it is sent.",
	DidAccept: "You accepted the referral %s.", DidDecline: "You declined the referral %s.", DidAsk: "Your question about the referral %s was sent.",
	Other: "Español", OtherLang: "es",
}

var spanish = say{
	Lang: "es", Subject: "Nueva derivación %s", PracticeWords: "Esto es una práctica: no es una persona real.",
	New: "Hay una nueva derivación para usted.", NewFrom: "Hay una nueva derivación de %s para usted.",
	Open: "Ábrala aquí:", Code: "La página envía un código a este buzón y se lo pide.", Ends: "El enlace vence el %s.",
	Forward:     "Por favor, no reenvíe este correo.",
	Reply:       "Para decidir por correo, responda a este y empiece con Acepto, Rechazo o Pregunta, seguido de dos puntos: «Acepto: llamaremos mañana».",
	ReplySends:  "Lo que escriba después de la palabra se envía a %s.",
	CodeSubject: "Su código", CodeText: "El código que pide la página es %s. Vale por 15 minutos. Nadie se lo pedirá por teléfono. Si usted no lo pidió, no haga nada.",
	TellSubject: "Derivación %s: novedades", TellText: "Hay novedades de la derivación %s.", TellPage: "Abra Referworks para leerlas.",

	Title: "Derivación", Gone: "Este enlace no funciona", GoneHow: "Venció o no se copió completo. Abra de nuevo el enlace del correo, o abra la derivación en Referworks.",
	AskCode: "Una derivación para usted", AskHow: "Se muestra a quienes pueden leer el buzón al que se envió el enlace. Enviaremos allí un código de ocho cifras.", SendCode: "Enviar el código",
	CodeSent: "El código está en camino. Puede tardar un minuto.", CodeLabel: "Código del correo", OpenButton: "Abrir la derivación",
	CodeWrong: "Ese no es el código. Mire el correo más reciente e intente de nuevo.", CodeMany: "Se pidieron o probaron demasiados códigos. Espere una hora y envíe uno nuevo.",
	CodeMail: "El código no se pudo enviar ahora. Intente de nuevo en un minuto.", Closed: "La página estuvo abierta media hora y se cerró. Envíe un código nuevo.",
	Erased: "La derivación ya no se puede mostrar: se borró o no está aquí.", NotNow: "Esto no se pudo guardar ahora. No se hizo nada. Intente de nuevo en un minuto.",
	From: "De %s", FilesWord: "Archivos", Download: "Guardar %s",
	AcceptHead: "Aceptar", AcceptNote: "Nota", AcceptButton: "Aceptar esta derivación",
	DeclineHead: "Rechazar", DeclineReason: "Motivo", DeclineNote: "Nota", DeclineButton: "Rechazar esta derivación", Choose: "Elija un motivo", ChooseFirst: "Elija primero un motivo.",
	AskHead: "Hacer una pregunta", AskText: "Pregunta", AskButton: "Enviar la pregunta", AskEmpty: "Escriba primero la pregunta.",
	SeenBy: "%s verá lo que usted escriba.", Optional: "opcional",
	Done: "Listo.", DoneWaits: "Su respuesta se guardó. Un colega debe revisarla antes de que se envíe.",
	DidAccept: "Usted aceptó la derivación %s.", DidDecline: "Usted rechazó la derivación %s.", DidAsk: "Se envió su pregunta sobre la derivación %s.",
	Other: "English", OtherLang: "en",
}

// inLanguage gives the sentences for a language tag (BCP 47): Spanish, or English for all others.
func inLanguage(tag string) *say {
	if strings.HasPrefix(strings.ToLower(tag), "es") {
		return &spanish
	}
	return &english
}

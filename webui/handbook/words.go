package handbook

// words are what the frame around a page says, in one language.
type words struct {
	Language, Root, OtherRoot, Other, OtherLanguage string

	Help, Skip, Back, Search, Go, Pages, Media, In, None, Choose, Untranslated string
}

var english = words{
	Language: "en", Root: "/help", OtherRoot: "/help/es", Other: "Español", OtherLanguage: "es",
	Help: "Help", Skip: "Skip to the page", Back: "Back to Referworks", Search: "Search the help", Go: "Search", Pages: "Pages of the help", Media: "Connections, one by one", In: "in",
	None:   "No page has all of these words. Try fewer or other words, or choose a page from the list.",
	Choose: "Choose a page, or search. The pages are part of the node and need no internet.",
}

var spanish = words{
	Language: "es", Root: "/help/es", OtherRoot: "/help", Other: "English", OtherLanguage: "en",
	Help: "Ayuda", Skip: "Ir a la página", Back: "Volver a Referworks", Search: "Buscar en la ayuda", Go: "Buscar", Pages: "Páginas de la ayuda", Media: "Conexiones, una por una", In: "en",
	None:         "Ninguna página tiene todas estas palabras. Pruebe con menos o con otras, o elija una página de la lista.",
	Choose:       "Elija una página, o busque. Las páginas son parte del nodo y no necesitan internet.",
	Untranslated: "Esta página solo está en inglés. Las que sirven para el trabajo de cada día están en español; las pantallas, también.",
}

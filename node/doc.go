// Package node is one process: the organizations that it hosts, each with a book of partners, a desk and its
// connections, over one store and one network. Open, Run, Close.
//
// It promises: what one organization holds is reached through that organization only; a stranger and a partner without
// a grant get the same answer; when Run returns no goroutine is left.
package node

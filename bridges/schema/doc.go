// Package schema finds out what documents of an organization look like, from samples, and what has changed since: fields,
// labels, kinds, formats of dates, values that come again, lists and their groups. It knows nothing of the standard.
package schema

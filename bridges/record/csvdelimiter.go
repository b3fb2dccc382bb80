package record

import (
	"bufio"
	"bytes"
)

// findDelimiter looks which of comma, semicolon and tab cuts the first rows into equally many cells, and into the most
// when several do. whole says that the text is all there is; otherwise its last row may be cut.
func findDelimiter(text []byte, whole bool) byte {
	best, bestEven, bestCells := byte(','), 0.0, 1
	for _, delimiter := range []byte(",;\t") {
		even, cells := evenness(text, delimiter, whole)
		if cells > 1 && (even > bestEven || even == bestEven && cells > bestCells) {
			best, bestEven, bestCells = delimiter, even, cells
		}
	}
	return best
}

// evenness returns the share of rows with as many cells as the first one, and how many those are.
func evenness(text []byte, delimiter byte, whole bool) (float64, int) {
	s := csvScanner{in: bufio.NewReaderSize(bytes.NewReader(text), 4096), delimiter: delimiter, most: len(text) + 1, line: 1, column: 1}
	first, rows, same, last := 0, 0, 0, 0
	for rows < 50 && s.row() == nil {
		last = len(s.cells)
		if rows++; rows == 1 {
			first = last
		}
		if last == first {
			same++
		}
	}
	if rows > 1 && !whole && rows < 50 { // its end may be cut off
		rows--
		if last == first {
			same--
		}
	}
	if rows == 0 {
		return 0, 0
	}
	return float64(same) / float64(rows), first
}

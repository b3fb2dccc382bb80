package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// csvScanner cuts a stream into rows of cells, bytes as they stand. A quotation mark opens a quoted cell only as its
// first character; elsewhere it is text. A row ends with LF, CR LF or CR.
type csvScanner struct {
	in        *bufio.Reader
	delimiter byte
	most      int // bytes of one row
	line      int32
	column    int32 // of the next byte, from 1

	text  []byte // all cells of the row, one behind the other
	cells []csvCell
	read  int // bytes of the row so far
	at    int32
}

// csvCell is a part of csvScanner.text, and where it began.
type csvCell struct {
	start, end   int
	line, column int32
	quoted       bool
}

// errBadRow means that the row could not be cut into cells, but the rows behind it can.
var errBadRow = errors.New("more text stands behind a closing quotation mark; a quotation mark inside a quoted value is written twice")

func (s *csvScanner) next() (byte, error) {
	c, err := s.in.ReadByte()
	if err != nil {
		return 0, err
	}
	if s.read++; s.read > s.most {
		return 0, &SyntaxError{Format: "CSV", Line: int(s.at), Column: 1,
			Reason: fmt.Sprintf("the row that begins here is larger than %d bytes; perhaps a quotation mark is not closed", s.most)}
	}
	if c == '\n' {
		s.line++
		s.column = 1
	} else {
		s.column++
	}
	return c, nil
}

// row reads the next row that is not blank. It returns io.EOF behind the last one, errBadRow for one that is
// spoiled alone, and another error when nothing more can be read.
func (s *csvScanner) row() error {
	for {
		s.text, s.cells, s.read, s.at = s.text[:0], s.cells[:0], 0, s.line
		err := s.cellsOfRow()
		if err != nil && err != io.EOF {
			return err
		}
		if len(s.cells) > 1 || len(s.cells) == 1 && (s.cells[0].quoted || s.cells[0].end > 0) {
			return nil
		}
		if err == io.EOF {
			return err
		}
	}
}

// cellsOfRow reads to the end of a row; io.EOF says that no line end closed it.
func (s *csvScanner) cellsOfRow() error {
	for {
		cell := csvCell{start: len(s.text), line: s.line, column: s.column}
		c, err := s.next()
		if err == nil && c == '"' {
			cell.quoted = true
			c, err = s.quoted(&cell)
		} else {
			for err == nil && c != s.delimiter && c != '\n' && c != '\r' {
				s.text = append(s.text, c)
				c, err = s.next()
			}
		}
		if err != nil && err != io.EOF {
			return err
		}
		cell.end = len(s.text)
		s.cells = append(s.cells, cell)
		switch {
		case err == io.EOF:
			return io.EOF
		case c == s.delimiter:
			continue
		case c == '\r':
			s.afterCR()
		}
		return nil
	}
}

// quoted reads behind an opening quotation mark and returns the character behind the closing one.
func (s *csvScanner) quoted(cell *csvCell) (byte, error) {
	for {
		c, err := s.next()
		if err == io.EOF {
			return 0, &SyntaxError{Format: "CSV", Line: int(cell.line), Column: int(cell.column), Reason: "the quotation mark that opens here is not closed"}
		}
		if err != nil {
			return 0, err
		}
		if c != '"' {
			s.text = append(s.text, c)
			continue
		}
		c, err = s.next()
		switch {
		case err != nil:
			return 0, err
		case c == '"':
			s.text = append(s.text, '"')
		case c == s.delimiter || c == '\n' || c == '\r':
			return c, nil
		default:
			return 0, s.skipLine(c)
		}
	}
}

// skipLine leaves the spoiled row behind.
func (s *csvScanner) skipLine(c byte) error {
	for c != '\n' && c != '\r' {
		var err error
		if c, err = s.next(); err == io.EOF {
			return errBadRow
		} else if err != nil {
			return err
		}
	}
	if c == '\r' {
		s.afterCR()
	}
	return errBadRow
}

// afterCR takes the LF of a CR LF and counts the line of a CR that stands alone.
func (s *csvScanner) afterCR() {
	if c, err := s.in.Peek(1); err == nil && c[0] == '\n' {
		_, _ = s.in.Discard(1) // Peek has just shown it
	}
	s.line++
	s.column = 1
}

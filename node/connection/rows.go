package connection

import (
	"bytes"
	"context"
	"fmt"

	"referworks/bridges/record"
	"referworks/node/exchange"
)

// maxRows is how many records of a file are taken in one post.
const maxRows = 500

// submitRows sends the rows of a file one by one. They are different people: each is a case of its own with nothing but
// its row, under a key of its own, so that one of them can be erased, held or posted again without the others. What
// cannot be sent becomes a waiting item.
func (s *Set) submitRows(ctx context.Context, in Submission, src *source) (Result, error) {
	rows, err := split(in.Format, in.Raw, src.records)
	if err != nil {
		return Result{}, &Unreadable{err}
	}
	if len(in.Files) > 0 {
		return Result{}, &Unreadable{fmt.Errorf("the file has %d rows, and it is not said which of them the attached files belong to; post these rows one by one", len(rows))}
	}
	all := Result{Parts: []exchange.Part{}}
	held := 0
	for i, raw := range rows {
		one := in
		one.Raw = raw
		if in.arrived != nil {
			part := *in.arrived
			part.key, one.arrived = "", &part // the medium has a name for the file, and none for a row
			if i > 0 {
				part.whole = nil // once is enough
			}
		}
		if in.Key != "" {
			one.Key = fmt.Sprintf("%s#%d", in.Key, i+1)
		}
		res, err := s.submit(ctx, one, src, src.records[i])
		if err != nil {
			if i == 0 || ctx.Err() != nil { // nothing was sent, or nobody hears the answer: the same post goes on where it ended
				return all, fmt.Errorf("row %d: %w", i+1, err)
			}
			if res, err = s.keepRow(one, src, err); err != nil {
				return all, fmt.Errorf("row %d: %w", i+1, err)
			}
		}
		if res.Waiting != "" {
			if held++; all.Waiting == "" {
				all.Waiting = res.Waiting
			}
		}
		all.Parts, all.Rows = append(all.Parts, res.Parts...), append(all.Rows, res)
	}
	if held > 0 {
		all.Sentence = fmt.Sprintf("%d of %d rows were sent; %d wait for a person.", len(rows)-held, len(rows), held)
	}
	return all, nil
}

// keepRow makes a waiting item of a row that could not be sent.
func (s *Set) keepRow(in Submission, src *source, because error) (Result, error) {
	w := waitingOf(&in, src.connection.ID, because.Error(), s.Now().UnixMilli())
	w.Files = nil
	if err := s.wait(&w, in.Actor); err != nil {
		return Result{}, err
	}
	return Result{Parts: []exchange.Part{}, Waiting: w.ID, Sentence: w.Sentence}, nil
}

// split writes each row as a file of its own, with the columns of the whole.
func split(format string, raw []byte, rows []*record.Node) ([][]byte, error) {
	if record.Format(format) == record.FormatXLSX {
		var out [][]byte
		for one, err := range record.Documents(record.FormatXLSX, bytes.NewReader(raw), nil, record.Limits{Size: maxDocument}) {
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		return out, nil
	}
	style, err := record.CSVStyleOf(raw)
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(rows))
	for i, row := range rows {
		if out[i], err = record.EncodeCSV(record.NewList(row), style); err != nil {
			return nil, err
		}
	}
	return out, nil
}

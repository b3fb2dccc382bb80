package suggest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// neighbors raises candidates in the part of the standard where the other fields of the same group belong.
func (m *matcher) neighbors(all [][]Candidate) {
	votes := map[string]map[string]float64{}
	fields := map[string]int{}
	for i := range m.locals {
		g := m.locals[i].group
		fields[g]++
		if votes[g] == nil {
			votes[g] = map[string]float64{}
		}
		top := -1
		for j := range all[i] {
			if top < 0 || all[i][j].Score > all[i][top].Score || all[i][j].Score == all[i][top].Score && all[i][j].target < all[i][top].target {
				top = j
			}
		}
		if top >= 0 && all[i][top].Score >= 0.7 {
			votes[g][m.v.targets[all[i][top].target].part]++
		}
	}
	for i := range m.locals {
		l := &m.locals[i]
		if l.group == "" || fields[l.group] < 3 {
			continue
		}
		for j := range all[i] {
			c := &all[i][j]
			n := votes[l.group][m.v.targets[c.target].part]
			if c.Score >= 0.7 {
				n--
			}
			if share := n / float64(fields[l.group]-1); n >= 2 && share >= 0.3 {
				raised := c.Score + min(0.1, 0.15*share)*(1-c.Score)*2
				if c.Score < sureScore {
					raised = min(raised, sureScore-0.01)
				}
				c.Score = max(c.Score, raised)
				c.Reasons = append(c.Reasons, "its neighbors belong to the same part")
			}
		}
	}
}

// assign gives each place that holds one value to the field that fits best over all, and moves the others' next best
// forward: greedy from the best pair down, then swaps as long as the sum grows.
func (m *matcher) assign(all [][]Candidate) {
	type pair struct {
		field, cand int
		score       float64
	}
	var pairs []pair
	for i := range all {
		for j := range all[i][:min(len(all[i]), 6)] {
			if all[i][j].Score >= maybeScore {
				pairs = append(pairs, pair{i, j, all[i][j].Score})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.field, b.field), cmp.Compare(a.cand, b.cand))
	})
	got := make([]int, len(all)) // candidate of each field, or -1
	for i := range got {
		got[i] = -1
	}
	holder := map[string]int{}
	for _, p := range pairs {
		if got[p.field] >= 0 {
			continue
		}
		key, single := m.key(p.field, &all[p.field][p.cand])
		if _, taken := holder[key]; single && taken {
			continue
		}
		if single {
			holder[key] = p.field
		}
		got[p.field] = p.cand
	}
	m.swap(all, got, holder)
	for i := range all {
		m.promote(all, i, got[i])
	}
}

// key names the place that a candidate would take, and whether one field only may take it. Fields in different
// lists of ours do not compete.
func (m *matcher) key(i int, c *Candidate) (string, bool) {
	t := &m.v.targets[c.target]
	list := ""
	if cut := strings.LastIndexByte(m.locals[i].field.Path, ']'); cut > 0 {
		list = m.locals[i].field.Path[:cut]
	}
	return c.Place + "\x00" + list, !t.shared
}

// swap lets a field take a place from another when both together are better off.
func (m *matcher) swap(all [][]Candidate, got []int, holder map[string]int) {
	score := func(i, j int) float64 {
		if j < 0 {
			return 0
		}
		return all[i][j].Score
	}
	for range 3 {
		changed := false
		for i := range all {
			for j := range all[i][:min(len(all[i]), 6)] {
				if all[i][j].Score <= score(i, got[i]) {
					break
				}
				key, _ := m.key(i, &all[i][j])
				k, taken := holder[key]
				if !taken || k == i {
					continue
				}
				alt := m.free(all, k, got[k], holder)
				gain := all[i][j].Score + score(k, alt) - score(i, got[i]) - score(k, got[k])
				if gain <= 0.02 {
					continue
				}
				m.release(i, all, got, holder)
				holder[key], got[i] = i, j
				got[k] = alt
				if alt >= 0 {
					if key, single := m.key(k, &all[k][alt]); single {
						holder[key] = k
					}
				}
				changed = true
				break
			}
		}
		if !changed {
			return
		}
	}
}

// free is the best candidate of a field, but not not, whose place nobody holds.
func (m *matcher) free(all [][]Candidate, i, not int, holder map[string]int) int {
	for j := range all[i][:min(len(all[i]), 6)] {
		if j == not || all[i][j].Score < maybeScore {
			continue
		}
		key, single := m.key(i, &all[i][j])
		if _, taken := holder[key]; !single || !taken {
			return j
		}
	}
	return -1
}

func (m *matcher) release(i int, all [][]Candidate, got []int, holder map[string]int) {
	if got[i] >= 0 {
		if key, single := m.key(i, &all[i][got[i]]); single && holder[key] == i {
			delete(holder, key)
		}
	}
}

// promote puts the candidate that was given to a field first, unless it is far worse than one that another field got:
// then that one stays first, less sure.
func (m *matcher) promote(all [][]Candidate, i, got int) {
	cands := all[i]
	for j := range cands {
		if j == got {
			break
		}
		if j < 6 {
			c := &cands[j]
			if m.v.targets[c.target].field.Repeats {
				c.Score *= 0.9 // there may be a second item
			} else {
				c.Score *= 0.8
			}
		}
	}
	m.sort(cands)
}

// learntPlace is where other systems put a name.
type learntPlace struct {
	target  int
	systems int
}

// learntNames gathers what was accepted for other systems by the canonical words of the name and its group.
func learntNames(v *vocabulary, o Options) map[string][]learntPlace {
	byName := map[string]map[int]map[string]bool{}
	for _, a := range o.Learnt {
		if o.WithoutSystem != "" && a.System == o.WithoutSystem {
			continue
		}
		ti := v.targetOf(a.Standard)
		if ti < 0 {
			continue
		}
		for _, key := range learntKeys(v, a.Local, a.Label) {
			if byName[key] == nil {
				byName[key] = map[int]map[string]bool{}
			}
			if byName[key][ti] == nil {
				byName[key][ti] = map[string]bool{}
			}
			byName[key][ti][a.System] = true
		}
	}
	all := map[string][]learntPlace{}
	for key, places := range byName {
		for ti, systems := range places {
			all[key] = append(all[key], learntPlace{ti, len(systems)})
		}
		slices.SortFunc(all[key], func(a, b learntPlace) int { return cmp.Compare(a.target, b.target) })
	}
	return all
}

// learntKeys are the names under which a match is remembered: with what it stands in, and with the label.
func learntKeys(v *vocabulary, path, label string) []string {
	names := pathNames(path)
	own := strings.Join(v.canonical(names[len(names)-1]), " ")
	keys := []string{own + " <"}
	if len(names) > 1 {
		keys[0] = own + " < " + strings.Join(v.canonical(names[len(names)-2]), " ")
	}
	if words := strings.Join(v.canonical(label), " "); words != "" && words != own {
		keys = append(keys, words+" <label")
	}
	return keys
}

// targetOf finds the target of a path as a mapping document writes it, or the first with its general path.
func (v *vocabulary) targetOf(path string) int {
	for ti := range v.targets {
		if v.targets[ti].place == path {
			return ti
		}
	}
	for ti := range v.targets {
		if v.targets[ti].standard == path {
			return ti
		}
	}
	return -1
}

// byLearning raises what other systems accepted for a field of this name.
func (m *matcher) byLearning(l *local, all []Candidate) []Candidate {
	if len(m.learnt) == 0 {
		return all
	}
	for _, key := range learntKeys(m.v, l.field.Path, l.field.Label) {
		places := m.learnt[key]
		total := 0
		for _, p := range places {
			total += p.systems
		}
		for _, p := range places {
			t := &m.v.targets[p.target]
			if rejectedField(m.o.Rejected, l.field.Path, t) || t.role != l.role && t.role != "" && l.role != "" {
				continue
			}
			factor, _ := l.profile.judge(t)
			score := min(factor, 1) * (0.62 + 0.3*float64(p.systems)/float64(total)*min(1, float64(p.systems)/2+0.4))
			why := fmt.Sprintf("%d other systems put a field of this name there", p.systems)
			if p.systems == 1 {
				why = "another system puts a field of this name there"
			}
			at := slices.IndexFunc(all, func(c Candidate) bool { return c.target == p.target })
			if at < 0 {
				all = append(all, Candidate{Standard: t.standard, Place: t.place, Label: t.field.Label, Score: score, target: p.target, Reasons: []string{why}})
				continue
			}
			c := &all[at]
			raised := c.Score + 0.25*(1-min(c.Score, 1))
			if p.systems < 2 { // one system alone makes nothing sure
				raised = c.Score + 0.1*(1-min(c.Score, 1))
				if c.Score < sureScore {
					raised, score = min(raised, sureScore-0.01), min(score, sureScore-0.01)
				}
			}
			c.Score = max(c.Score, raised, score)
			c.Reasons = append(c.Reasons, why)
		}
	}
	return all
}

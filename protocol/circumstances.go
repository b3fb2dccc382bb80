package protocol

// Eligibility is what decides whether the person may get a service.
type Eligibility struct {
	redact `json:"-"`

	Income         []Amount        `json:"income,omitempty" label:"Income" prefix:"Income" max:"50"`
	Assets         []Amount        `json:"assets,omitempty" label:"Savings and property" prefix:"Property" max:"50"`
	Expenses       []Amount        `json:"expenses,omitempty" label:"Expenses" prefix:"Expense" max:"50"`
	Benefits       []Amount        `json:"benefits,omitempty" label:"Benefits" prefix:"Benefit" max:"50"`
	PovertyPercent PovertyPercent  `json:"povertyPercent,omitzero" label:"Poverty percent" prefix:"Poverty percent"`
	Insurance      []Insurance     `json:"insurance,omitempty" label:"Insurance" prefix:"Insurance" max:"20"`
	Determinations []Determination `json:"determinations,omitempty" label:"Decisions" prefix:"Decision" max:"20"`
	DocumentsHeld  []Coded         `json:"documentsHeld,omitempty" label:"Papers at hand" class:"P2" max:"50" help:"Papers that the person already has, for example a pay slip."`
}

// Amount is money that comes, goes or is there.
type Amount struct {
	redact `json:"-"`

	Person   Text           `json:"person,omitzero" label:"Whose" class:"P1" max:"200" help:"Whose money it is: a name or a short id in the list of other people. Empty means the referred person."`
	Type     Coded          `json:"type,omitzero" label:"Type" class:"P2" help:"What kind of money it is, for example wages, rent or food stamps."`
	Amount   Decimal        `json:"amount,omitzero" label:"Amount" class:"P2" help:"How much money, as a number such as 1250.00."`
	Currency Currency       `json:"currency,omitzero" label:"Currency" class:"P0" help:"The money's code, for example USD."`
	Per      Choice[Period] `json:"per,omitzero" label:"How often" class:"P2" help:"How often it is paid."`
	Gross    Flag           `json:"gross,omitzero" label:"Before taxes" class:"P2" help:"Yes if taxes are still in it."`
	AsOf     Date           `json:"asOf,omitzero" label:"As of" class:"P2" help:"The date when this was true."`
	Verified Flag           `json:"verified,omitzero" label:"Verified" class:"P2" help:"Yes if someone saw proof."`
}

// PovertyPercent is income measured against an official poverty line.
type PovertyPercent struct {
	redact `json:"-"`

	Value     Decimal `json:"value,omitzero" label:"" class:"P2" help:"The income compared with the poverty line. 100 means exactly on the line."`
	Guideline Text    `json:"guideline,omitzero" label:"Guideline" class:"P0" max:"100" help:"The name and year of the poverty line that was used."`
	Region    Text    `json:"region,omitzero" label:"Region" class:"P0" max:"100" help:"The part of the country that the poverty line is for."`
	Size      Integer `json:"size,omitzero" label:"Household size" class:"P1" help:"How many people it was worked out for."`
}

// Insurance is a cover that the person has.
type Insurance struct {
	redact `json:"-"`

	Type   Coded `json:"type,omitzero" label:"Type" class:"P2" help:"What kind of insurance it is, for example Medicaid."`
	Payer  Text  `json:"payer,omitzero" label:"Company" class:"P2" max:"200" help:"Who pays, for example the name of the insurance company."`
	Number Text  `json:"number,omitzero" label:"Number" class:"P2" max:"100" help:"The person's number at the insurance."`
}

// Determination is a decision that somebody already made on the person's eligibility.
type Determination struct {
	redact `json:"-"`

	Program Text  `json:"program,omitzero" label:"Program" class:"P2" required:"answer" max:"200" help:"The program that the decision is about."`
	Result  Coded `json:"result,omitzero" label:"Result" class:"P2" required:"answer" system:"determination" help:"What was decided, for example approved."`
	By      Text  `json:"by,omitzero" label:"Made by" class:"P1" max:"200" help:"Who decided."`
	Date    Date  `json:"date,omitzero" label:"Date" class:"P1" help:"When it was decided."`
	Reason  Text  `json:"reason,omitzero" label:"Reason" class:"P2" max:"500" help:"Why it was decided so."`
}

// Legal is what a lawyer needs to know of the matter.
type Legal struct {
	redact `json:"-"`

	CaseNumbers     []Text                `json:"caseNumbers,omitempty" label:"Court case numbers" class:"P2" max:"20" help:"The numbers that the court gave the case."`
	Court           Text                  `json:"court,omitzero" label:"Court" class:"P2" max:"300" help:"The name of the court."`
	Jurisdiction    Text                  `json:"jurisdiction,omitzero" label:"Jurisdiction" class:"P1" max:"200" help:"The state or area whose laws count."`
	CountyOfDispute Text                  `json:"countyOfDispute,omitzero" label:"County of dispute" class:"P1" max:"200" help:"The county where the problem is."`
	Role            Coded                 `json:"role,omitzero" label:"Role in the case" class:"P2" system:"legal-role" help:"What the person is in the case, for example tenant or defendant."`
	OpposingCounsel Text                  `json:"opposingCounsel,omitzero" label:"Lawyer of the other side" class:"P3" max:"300" help:"The lawyer of the other side."`
	PriorHelp       Long                  `json:"priorHelp,omitzero" label:"Earlier legal help" class:"P2" max:"4000" help:"Legal help that the person had before."`
	ConflictCheck   Choice[ConflictCheck] `json:"conflictCheck,omitzero" label:"Conflict check" class:"P2" help:"Whether someone checked that it is fair to help this person."`
}

// Situation is how the person lives.
type Situation struct {
	redact `json:"-"`

	Living     Coded       `json:"living,omitzero" label:"Where the person lives" class:"P2" help:"Where the person sleeps now, for example own home or shelter."`
	Conditions []Coded     `json:"conditions,omitempty" label:"Conditions" class:"P2" max:"50" help:"Things about health or life that matter for the help."`
	Screenings []Screening `json:"screenings,omitempty" label:"Screenings" prefix:"Screening" max:"20"`
}

// Screening is a questionnaire that was filled in.
type Screening struct {
	redact `json:"-"`

	Instrument Coded             `json:"instrument,omitzero" label:"Questionnaire" class:"P2" required:"answer" help:"The name of the list of questions."`
	Date       Date              `json:"date,omitzero" label:"Date" class:"P2" help:"When the questions were asked."`
	Answers    []ScreeningAnswer `json:"answers,omitempty" label:"Answers" max:"100"`
}

// ScreeningAnswer is one question with its answer.
type ScreeningAnswer struct {
	redact `json:"-"`

	Question Coded `json:"question,omitzero" label:"Question" class:"P2" required:"answer" help:"The question that was asked."`
	Answer   Coded `json:"answer,omitzero" label:"Answer" class:"P2" required:"answer" help:"The answer that was given."`
}

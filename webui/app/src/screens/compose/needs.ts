// What the form can ask for: a word for people, and its code in a list that organizations know. The English word travels as
// what the sender wrote; the screens say it in the language of who reads.
export interface NeedChoice { id: string; system: 'lsc' | 'sdohcc'; code: string; word: string }

const n = (system: NeedChoice['system'], code: string, word: string): NeedChoice => ({ id: `${system}-${code}`, system, code, word });

export const needGroups: { id: string; needs: NeedChoice[] }[] = [
  { id: 'home', needs: [
    n('lsc', '63', 'Renting a home, eviction or repairs'), n('lsc', '64', 'Public housing'), n('lsc', '61', 'Housing voucher or subsidy'), n('lsc', '67', 'Foreclosure'), n('lsc', '66', 'Housing discrimination'),
    n('sdohcc', 'homelessness', 'No place to stay'), n('sdohcc', 'inadequate-housing', 'Unsafe or unfit home'), n('sdohcc', 'utility-insecurity', 'Power, water or heating'),
  ] },
  { id: 'family', needs: [
    n('lsc', '37', 'Safety from abuse'), n('lsc', '32', 'Divorce or separation'), n('lsc', '31', 'Custody or visits'), n('lsc', '38', 'Child or family support payments'), n('lsc', '33', 'Guardianship of an adult'), n('lsc', '44', 'Guardianship of a child'), n('lsc', '30', 'Adoption'),
  ] },
  { id: 'money', needs: [
    n('lsc', '73', 'Food stamps (SNAP)'), n('lsc', '71', 'Cash help for families (TANF)'), n('lsc', '72', 'Social Security'), n('lsc', '74', 'Disability insurance (SSDI)'), n('lsc', '75', 'Supplemental income (SSI)'), n('lsc', '76', 'Unemployment benefits'), n('lsc', '77', 'Veterans benefits'),
    n('lsc', '02', 'Debt and collectors'), n('lsc', '01', 'Bankruptcy'), n('lsc', '24', 'Taxes'), n('sdohcc', 'financial-insecurity', 'Not enough money for the basics'),
  ] },
  { id: 'daily', needs: [
    n('sdohcc', 'food-insecurity', 'Food'), n('sdohcc', 'transportation-insecurity', 'Getting from place to place'), n('sdohcc', 'material-hardship', 'Clothes or household goods'), n('sdohcc', 'social-connection', 'Company and social contact'), n('sdohcc', 'digital-access', 'Phone or internet'),
  ] },
  { id: 'health', needs: [
    n('lsc', '51', 'Medicaid'), n('lsc', '52', 'Medicare'), n('lsc', '59', 'Other health matter'), n('lsc', '82', 'Mental health'), n('lsc', '84', 'Rights of people with disabilities'), n('sdohcc', 'elder-abuse', 'Abuse of an older person'),
  ] },
  { id: 'rights', needs: [
    n('lsc', '81', 'Immigration'), n('lsc', '22', 'Unpaid wages'), n('lsc', '21', 'Discrimination at work'), n('lsc', '13', 'Special education'), n('lsc', '87', 'Clearing a record'), n('lsc', '95', 'Wills and estates'), n('lsc', '96', 'Power of attorney'), n('lsc', '99', 'Something else'),
  ] },
];

export const allNeeds = needGroups.flatMap((g) => g.needs);

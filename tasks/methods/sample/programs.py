"""What English benefit and tax files are about: a programme with its facts, its checks and its reasons.

Heads: programme; ``benefit``, ``tax`` or ``service``. FACT, CHECK and NEED are sentences; the words after those are the reasons
of a decision: GRANT, REFUSE and OPEN are clauses that follow "because".
"""

from __future__ import annotations

from tasks.methods.sample.tables import blocks

PROGRAMS = blocks("""
unemployment insurance ; benefit
FACT {Formal} was laid off by {employer} on {past}. ; {He} worked {#14-180} weeks as {ajob} before the separation.
FACT The last wage was {amount} a month. ; {He} also had a part-time job at {oldemployer} that ended in {month}.
FACT A severance of ${#600-4200} was paid. ; {He} commutes from {city} to {othercity}.
CHECK The separation notice (EIN {ein}) says lack of work. ; Wage records under SSN {ssn} show four full quarters.
CHECK {clerk} of {employer} confirmed by phone at {clerkphone}.
CHECK The identity check failed once because of the name {last}. ; The claim was filed from {ip}.
NEED Please send pay stubs for the last eight weeks. ; List three job contacts a week at {url}.
NEED Report any earnings before {future}.
GRANT the separation was for lack of work and the base-period wages are enough
GRANT {he} is able and available for full-time work
REFUSE {he} left without good cause connected with the work ; the weekly certifications were not filed
REFUSE the base-period wages are too low
OPEN the employer has until {future} to answer ; the wage records of {otherstate} have not arrived

food assistance ; benefit
FACT The household has {size} people, among them {his} {rel} {relname}, age {relage}.
FACT Gross income is {amount} a month from {employer}. ; Rent at {address} is ${#480-1650} and heat is billed apart.
FACT {He} buys and cooks apart from the roommate {stranger}. ; Child support of ${#90-420} is paid each month.
FACT Savings are ${#20-1900}.
CHECK A pay stub of {recent} supports the income. ; The lease lists {full} and {relname}.
CHECK The bank letter from {bank} shows account {account}. ; The interview took place by telephone, {phone}.
NEED Proof of utility costs is still missing. ; Send the birth certificate of {relfirst}.
NEED Bring the signed form to the office in {city} by {future}.
GRANT net income is below the limit for a household of {size} ; the shelter deduction applies
REFUSE gross income is above the limit for {size} people ; the interview was missed twice
REFUSE proof of address was not given
OPEN the employer has not returned the wage form ; the identity document is being checked

housing voucher ; benefit
FACT {Formal} has been on the waiting list since {longago}.
FACT {He} lives with {his} {rel} {relfirst} in one room at {oldaddress}. ; Annual income is {amount}.
FACT The landlord, {stranger}, can be called at {clerkphone}. ; The unit at {address} rents for ${#640-1780}.
FACT The family was displaced by a fire on {past}.
CHECK The inspector {clerk} found a broken window and no smoke alarm.
CHECK Criminal records under the birth date {dob} are clear. ; Income was confirmed by {employer} (EIN {ein}).
CHECK The former landlord says rent was late {#2-5} times.
NEED Sign the voucher before {future}. ; Send school papers from {school}.
NEED The owner must give a W-9 with tax ID {taxid}.
GRANT income is below half of the area median and the unit passed ; the preference for displaced families applies
REFUSE the unit failed inspection twice ; {he} owes ${#310-2900} to another housing authority
REFUSE income is above the limit
OPEN a second inspection is set for {future} ; the landlord has not returned the contract

disability benefits ; benefit
FACT {Formal}, {age}, stopped working as {ajob} on {past}.
FACT {He} has [heart failure|a spinal injury|severe depression|advanced arthritis|multiple sclerosis|kidney failure].
FACT {His} doctor is {drfull} at {hospital}. ; {He} can stand for {#5-25} minutes and lift {#4-15} pounds.
FACT {His} {rel} {relname} helps with bathing and shopping. ; Past pay was {amount} a month.
CHECK Records from {hospital}, chart {mrn}, cover {longago} to {recent}.
CHECK A consultative exam with {otherdr} took place on {recent}. ; Earnings under SSN {ssn} show {#16-39} quarters.
CHECK The daily activity form was filled in by {relfirst}.
NEED Sign a release for {hospital}. ; Appear for an exam in {othercity} on {future}. ; Call {clerk} at {clerkphone}.
GRANT the condition meets the listing since {month} ; past work can no longer be done and skills do not transfer
REFUSE {he} can do light work such as ticket taker ; the condition is not expected to last twelve months
REFUSE medical evidence was not sent
OPEN the consultative report is due ; new evidence from {otherdr} was received on {recent}

child care subsidy ; benefit
FACT {Formal} needs care for {#1-3} children while working at {employer}.
FACT The provider is {school} with tax ID {ein}. ; {Relname} picks up the child and can be called at {relphone}.
FACT Income is {amount} a month before tax. ; {He} attends evening classes at {school}.
FACT The shift changes every week.
CHECK The work schedule was signed by {clerk}. ; The provider's license was valid on {recent}.
CHECK Birth certificates are on file. ; The parent's date of birth, {dob}, matches the state record.
NEED Send a new schedule by {future}. ; The provider must bill through {url}.
NEED Report a move from {city} within ten days.
GRANT the parent works {#24-40} hours a week and income is under the limit
GRANT the family moved over from cash assistance
REFUSE the provider is not licensed ; the parent did not show work or training hours
REFUSE income exceeds the limit by ${#22-480}
OPEN the provider's inspection is due ; a wage form from {employer} is missing

retirement pension ; benefit
FACT {Formal}, born {dob}, asks for a pension from {future}.
FACT {He} worked for {employer} and earlier for {oldemployer} in {otherstate}.
FACT {His} {rel} {relname} died on {longago}. ; Payment shall go to {bank}, routing {routing}, account {account}.
FACT The last yearly wage was {amount}. ; {He} served abroad and holds passport {passport}.
CHECK Birth evidence and SSN {ssn} agree. ; Two years of wages under the name {last} had not been credited.
CHECK Military service was confirmed on {recent}. ; The marriage record names {relname}.
NEED Send the original record of birth. ; Tell us of any pension from work not covered.
NEED Confirm the bank details by {future}.
GRANT {he} has {#40-160} quarters and reached the age ; the survivor's amount is higher than {his} own
REFUSE only {#19-39} quarters are credited ; the marriage lasted less than nine months
OPEN wages from {otherstate} are being traced ; the record of birth has two dates

income tax return ; tax
FACT {Formal} filed as [single|head of household|married filing jointly] with {dependants} dependants.
FACT Wages of {amount} from {employer} (EIN {ein}) were reported.
FACT {He} claimed a credit for {his} {rel} {relname}, SSN {otherssn}. ; Side income from driving was ${#1200-9800}.
FACT Refund to routing {routing}, account {account}. ; The return was prepared by {stranger} in {othercity}.
CHECK The W-2 shows {amount}, the return ${#300-2400} less. ; The dependant {relfirst} was claimed on another return.
CHECK The address {oldaddress} differs from our file. ; Estimated payments posted on {past}.
CHECK The electronic signature came from {ip}.
NEED Send form 1099 from {bank}. ; Answer this letter by {future}. ; Call {clerkphone} and ask for {clerk}.
GRANT the withholding agrees with the employer's report ; the credit was shown by school records
REFUSE the dependant does not meet the residence test ; income was left out
REFUSE the return came after the three-year limit
OPEN identity must be confirmed first ; the employer's report is being matched

property tax relief ; tax
FACT {Formal} owns the house at {address} since {longago}. ; {He} is {age} and lives on {amount} a month.
FACT The assessment rose to ${#110000-480000}. ; {His} {rel} {relname} shares the home.
FACT The roof was damaged in the storm of {past}. ; A freeze was granted while {he} lived in {othercity}.
CHECK The deed is in the names of {full} and {relname}. ; Comparable sales were pulled by {clerk}.
CHECK Income under SSN {ssn} is below the limit. ; The mortgage is held by {bank}, loan {account}.
NEED Send last year's tax return. ; A hearing is set for {future}. ; An appraiser will call {phone}.
GRANT {he} is over sixty-five and under the income limit ; the assessment was above comparable sales
REFUSE the house is not the main home ; the appeal came after the deadline ; comparable sales support the value
OPEN the inspection is not done ; the hearing was moved to {future}

business tax account ; tax
FACT {Formal} runs a small business, tax ID {taxid}, from {address}.
FACT Sales of {amount} were reported for the quarter. ; {His} bookkeeper {stranger} left in {month}.
FACT Wages for {#2-9} workers were paid through {bank}. ; The business moved from {oldaddress} on {past}.
FACT Returns are sent through {url} under user {user}.
CHECK Card receipts from {bank} exceed reported sales. ; Two returns are missing.
CHECK The payment of {recent} was posted to EIN {ein} by mistake. ; {clerk} visited the shop on {recent}.
NEED Bring the ledgers on {future}. ; File the missing returns. ; Set up payments from account {account}.
GRANT the payment was misapplied and the penalty falls away ; reasonable cause was shown after a fire
REFUSE records were not produced ; the same penalty was waived before
REFUSE the tax was collected from customers and not paid over
OPEN the audit is not finished ; a payment plan awaits signature

driver and vehicle services ; service
FACT {Formal} asks to renew the registration of the car with plate {plate}.
FACT The title names {full} and {his} {rel} {relname}. ; {He} moved from {oldaddress} to {address} on {past}.
FACT A fee of {amount} was paid by card {card}. ; The car was bought from {shop}. ; Insurance is with {otherbank}.
CHECK The old plate, {plate}, was reported stolen in {othercity}. ; A hold for unpaid tolls of ${#12-260} exists.
CHECK The vision test was passed on {recent}. ; Proof of identity: passport {passport}.
NEED Bring proof of address to the office in {city}. ; Pay the toll by {future}. ; Surrender the old plates.
GRANT insurance and ownership were shown ; the hold was cleared on {recent}
REFUSE the emission test is out of date ; the title is in another name
OPEN a letter from the lien holder {bank} is missing ; the toll agency has not answered

passport and civil records ; service
FACT {Formal}, born {dob} in {othercity}, reports the loss of passport {passport}.
FACT {He} needs to travel on {future} because {his} {rel} {relname} is ill.
FACT The name changed from {stranger} to {full} in {month}. ; A birth record is to be sent to {address}.
FACT Fees of {amount} were paid. ; {His} employer, {employer}, wrote a letter.
CHECK The police report was made in {city} on {recent}. ; The photograph did not match the size.
CHECK SSN {ssn} was confirmed. ; {clerk} called the references at {relphone}.
NEED Send two photographs. ; Appear in person before {future}. ; A notary must sign for {relfirst}.
GRANT identity and citizenship were shown ; the court order for the name is certified
REFUSE the fee was returned unpaid ; the application lacks evidence of citizenship
OPEN the old record in {otherstate} is being searched ; the interview is on {future}

veterans and caregiver support ; benefit
FACT {Formal} cares for {his} {rel} {relname}, {relage}, who [served two tours|lost a leg|has dementia].
FACT {He} gave up work at {employer} in {month}. ; Care takes {#20-70} hours a week.
FACT They live at {address}, near {hospital}. ; Household income is {amount} a month.
FACT A nurse, {colleague}, comes on weekdays.
CHECK The discharge paper is dated {longago}. ; {otherdr} rated the need for help as high.
CHECK A home visit by {clerk} took place on {recent}. ; Bank account {account} at {bank} was verified.
NEED Keep a diary of care until {future}. ; Send the nurse's invoice to {clerkemail}.
NEED Report hospital stays to {clerkphone}.
GRANT the veteran needs help with three daily activities ; no other caregiver is paid
REFUSE the rating is below the limit ; care is paid by another programme
OPEN the medical rating is under review ; the visit must be repeated
""")

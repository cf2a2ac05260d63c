"""English sentences that a value may stand in: notes, complaints, forms, chats and mails; one block a kind.

A line is one carrier, in the grammar of :mod:`tasks.methods.sample.grammar`; ``{v}`` is the value. A reader could tell
in each what the value is, but the word that says so stands before, after, far off, short or misspelt, or is missing
where the value speaks for itself.
"""

from __future__ import annotations

PEOPLE = """
PERSON
{v} [called|rang] [again|back|this morning].
[Spoke with|Talked to|Met] {v} [today|about this|at the desk].
Name: {v}
per {v}, [ok to proceed|nothing was sent]
Please [cc|copy in] {v} on the reply.
[Kind regards|Best|Thanks],\\n{v}
It was signed by {v}, not by me.
[pt|client|customer] {v} [here for follow-up|no show|wants a copy]
the letter went to {v} instead of us
Hi {v}, [just checking in|sorry for the wait].
[Accompanied by|Lives with|Emergency contact is] {v}.
{v}: [where is my refund??|I never agreed to this]
Forwarded message from {v}

AGE
Age: {v}
[He|She] is {v} and lives alone.
The caller, {v}, [was upset|asked for help].
pt {v}, [alert|no distress]
Age at intake {v}.
[my mother|my dad] is {v} now and can't drive
[Applicant|Patient] ({v}) [came in alone|called twice].
Turned {v} last week.
age {v} per chart

TITLE
{v} {last} [signed the form|will call back].
Please ask {v} {last} to confirm.
Dear {v} {last},
Seen by {v} {last} [on the ward|in clinic].
I was told by {v} {last} that it was sorted.
[copied|cc]: {v} {last}
{v} {last} says [no|yes], go ahead.
Thank you, {v} {last}
Referred to {v} {last} for review.

NRP
[He|She] is {v}.
Family is {v}, [asks for an interpreter|please note for meals].
As a {v}, [I find this insulting|she declined].
Background: {v}
They were rude because I am {v}.
[pt|client] identifies as {v}
Says that the {v} community [helped|knows about it].
religion / background - {v}
Raised {v}, [no longer attends|still observant].

ORGANIZATION
[Works|Worked] for {v} [until spring|part-time].
Employer: {v}
Referred from {v}.
{v} [charged me twice|never replied].
I [called|wrote to] {v} three times.
The bill came from {v}, not from you.
letter on {v} paper
[Previously|Before that] at {v}.
They said {v} would handle it.
"""

PLACES = """
ADDRESS
[Lives at|Moved to|Now staying at] {v}.
Address: {v}
Please send it to {v} [instead|from now on].
The package went to {v}, [wrong house|not mine].
new addr {v}
My old place was {v}, [update your records|ignore it].
[Home visit|Delivery|Inspection] at {v} [next week|went fine].
{v} is where I've lived [for years|since May].
Mail returned from {v}
[Property|Residence] in question: {v}

LOCATION
[Moved here|Drove up] from {v}.
[Grew up|Has family] in {v}.
City: {v}
Traveling to {v} [next week|for work].
the branch in {v} [was closed|refused]
I live near {v}.
Transferred from a clinic in {v}.
{v} office, [second floor|front desk].
[Last seen|Born] in {v}, [no other history|says the file].
They charged me in {v} where I've never been.

ZIP_CODE
ZIP: {v}
My zip code is {v}.
Billing zip {v} [didn't match|declined].
[the one|the office] for {v} (zip)
area {v} zip, [no coverage|not served]
Postal code on file: {v}
They asked for my ZIP and I said {v}.
zipcode {v} [ok|wrong]
Shipping was to {v}, check the zip.

COORDINATES
GPS: {v}
[Picked up|Found] at {v}.
Pin dropped at {v} [by the caller|on the map].
location {v} [from the phone|per app]
The photo was taken at {v}.
lat/long {v}
Ambulance sent to {v} [at once|from the depot].
Coordinates {v} [in the report|attached].
My position was {v} then.
"""

CONTACTS = """
PHONE_NUMBER
[Call|Text|Reach] me at {v}.
Phone: {v}
cell {v} [after 5pm|any time]
[Left a voicemail|Tried twice] on {v}.
{v} is my [work|new] number.
ph# {v}
The call came from {v}, [claimed to be you|hung up].
Best number is {v} [evenings|mornings].
Fax the form to {v}.
[Daughter|Spouse] can be reached under {v}.

EMAIL_ADDRESS
[E-mail|Write to] me at {v}.
Email: {v}
Please send the form to {v} [today|instead].
[From|To]: {v}
I used {v} to sign up.
contact {v} [for copies|for details]
{v} bounced.
Login was changed to {v} without asking me.
Got it from {v}, [looks like phishing|is that you?].

URL
See {v} [for the photos|for details].
[He|She] posted it on {v}.
Link: {v}
The message told me to open {v} [and sign|right away].
{v} [doesn't load|is my page].
I uploaded the papers to {v}.
My site ({v}) [has it all|shows the dates].
went to {v} and it asked for my card
profile {v}

IP_ADDRESS
Login from {v} [last night|that wasn't me].
IP: {v}
Blocked {v} after [five|nine] tries.
session {v} [expired|closed]
The form was signed from {v}.
{v} shows up in the log [twice|again].
Access came from address {v}.
they traced it to {v}
My router says {v}.

MAC_ADDRESS
MAC {v}
Device {v} [joined the ward network|was blocked].
[Wi-Fi|Ethernet] address {v} [on the label|registered].
My laptop's card is {v}.
Please whitelist {v}.
{v} [appeared|showed up] on our network.
hw addr {v}
Lease given to {v} [at noon|today].
The pump reports as {v}.

USERNAME
Username: {v}
I log in as {v}.
[Her|His] handle is {v} [on there|everywhere].
user {v} [locked|reset]
My login {v} [stopped working|is blocked].
Account name {v}, [portal|app].
Find me under {v} [on the forum|in the app].
signed in as {v} [this morning|by mistake]
DM {v} [if needed|for pictures].
"""

TIMES = """
DATE_OF_BIRTH
DOB: {v}
Born {v}.
[Date of birth|Birth date] {v} [confirmed|on file].
d.o.b. {v}
[She|He] was born on {v} [at home|abroad].
They asked for my date of birth, which is {v}.
birthday {v} (verified)
Verified caller by DOB {v}.
Birthdate on the card says {v}.
DOB - {v}, [ok|checked]

DATE
[Seen|Visited] on {v}.
Date: {v}
[Since|Until] {v} [nothing happened|all was fine].
The charge of {v} [is wrong|is not mine].
{v}: [no answer|left message]
Symptoms began {v}.
Next appt {v}.
I paid on {v} and [still got a letter|have the receipt].
Signed and dated {v}.
"""

REGISTERS = """
US_SSN
SSN: {v}
My social is {v}.
[Social Security number|Social security no.] {v} [on the form|was shown].
ss# {v}
They had my SSN wrong, it should be {v}.
[Verified|Checked] with SSN {v}.
soc sec {v} [per card|ok]
Someone used {v}, my social security number, to open a loan.
{v} is the social of [the applicant|my wife].

TAX_ID
[EIN|TIN|ITIN]: {v}
Tax ID {v} [on the return|on file].
My taxpayer number is {v}.
Filed under {v} (tax id).
The 1099 shows TIN {v}.
tax id no. {v} [missing|wrong]
[We|They] use {v} as our tax identification number.
Return rejected, taxpayer id {v} already used.
Business tax number {v}, [LLC|sole owner].

PASSPORT
Passport: {v}
Passport no. {v} [expired|seen].
My passport number is {v}.
[Identified|ID'd] by passport {v}.
Lost passport, it was {v}.
Travel document (passport) {v} [copied|scanned].
ppt {v} [checked at desk|valid]
The passport [she|he] showed was {v}.
US passport # {v}

DRIVERS_LICENSE
Driver's license {v} [shown|copied].
DL# {v}
My license number is {v} [if needed|on the card].
[ID seen|Identified by]: driver license {v}
drivers lic {v}
They copied my driver's license, {v}.
DL no. {v} [suspended|valid].
State license to drive: {v}
License {v}, class C, [not expired|clean].

LICENSE_NUMBER
License no. {v}
[Nursing|Medical|Professional] license {v} [is active|renewed].
Provider lic# {v}
[Her|His] licence to practise is {v}.
Contractor license {v} [expired|on the invoice].
I looked up license number {v} and [found nothing|it is valid].
State board license {v}.
cert/license {v}
Signed, license {v}

LICENSE_PLATE
Plate: {v}
The car had plate {v} [on it|front and back].
license plate {v} [blue truck|grey van]
Parked illegally, {v}, [tag expired|towed].
My plate number is {v}.
Tag no. {v}
They towed {v} [from the lot|at night].
Vehicle registration {v} [noted|reported].
reg {v} [hit and run|drove off]

MEDICAL_RECORD_NUMBER
MRN: {v}
Chart {v} [pulled|reviewed].
Medical record number {v}.
pt MRN {v}
Filed under record number {v} [by mistake|here].
My hospital number is {v}.
Old chart no. {v} [merged|closed].
Patient ID {v} [verified|scanned].
See MRN {v} for [labs|imaging].
mr# {v}

HEALTH_PLAN_NUMBER
Member ID: {v}
Insurance ID {v} [active|verified].
My health plan number is {v}.
[Medicare|Medicaid|Plan] no. {v}
subscriber id {v} [on card|termed]
Claim denied under policy member {v}.
Beneficiary number {v} [entered|wrong].
They billed member {v} [twice|by mistake].
ins. card shows {v}

CASE_NUMBER
Case no. {v}
[Your reference|Our reference]: case {v}
My case number is {v}.
Docket {v} [closed|set for hearing].
Regarding case {v}, [please respond|no update yet].
file/case # {v}
Hearing in {v} (case) [moved|held].
They lost my case, {v}.
Opened under case number {v}.

UK_NHS
NHS number: {v}
NHS no. {v} [checked|on letter].
[Her|His] NHS number is {v}.
nhs# {v}
Referred with NHS number {v} [by the GP|today].
Patient's NHS {v}
My NHS number, {v}, [was misprinted|is on the card].
Record matched on NHS no {v}.
{v} (NHS number)
"""

MONEY = """
ACCOUNT_NUMBER
Account: {v}
My account number is {v}.
acct {v} [closed|overdrawn]
Money went to account {v} [by mistake|not mine].
[Savings|Checking] account {v} [was frozen|is mine].
A/C no. {v}
They opened account {v} [in my name|without asking].
Refund to acct# {v} please.
The loan, account number {v}, [is paid|was sold].
Statement for account {v} [attached|is wrong].

ROUTING_NUMBER
Routing number: {v}
Routing {v}, [checking|savings].
ABA {v}
The bank's routing number is {v}.
Direct deposit with routing no. {v} [failed|set up].
rtn {v} [on the check|confirmed]
Wire to ABA routing {v}.
Bottom of the check: routing {v}
I gave them the routing number ({v}) [twice|by phone].

CREDIT_CARD
Card: {v}
My [credit|debit] card {v} [was charged|is blocked].
Paid with {v}, [Visa|card] on file.
card number {v} [exp 09/27|declined]
{v} is the card they billed.
Please remove card {v}.
[She|He] read out {v} [as the card|over the phone].
cc# {v}
Charged to card no. {v} [twice|in error].

IBAN_CODE
IBAN: {v}
Transfer to IBAN {v} [failed|today].
Please pay to {v}.
My IBAN is {v}.
the money is to go to {v}
Account (IBAN) {v} [closed|abroad].
[Sender|Recipient] {v}
Rent is paid from {v} [monthly|by order].
Wrong IBAN, should be {v}.

SWIFT_CODE
SWIFT: {v}
BIC {v}
The bank's SWIFT code is {v}.
Wire via {v} (SWIFT) [rejected|sent].
swift/bic {v} [please|as told]
Correspondent bank BIC {v}.
They need the BIC, it's {v}.
[Sent|Routed] through {v}, the SWIFT of my bank.
Use SWIFT {v} for [dollars|euros].

CRYPTO
Wallet: {v}
I sent the [coins|bitcoin] to {v}.
[BTC|ETH] address {v}
They told me to pay into {v}.
Funds moved to wallet {v} [same day|at once].
{v} is my wallet.
Payout to {v} [never came|confirmed].
crypto addr {v}
The scammer's wallet was {v}.
"""

THINGS = """
SECRET
Password: {v}
My password is {v}.
pw {v} [works|doesn't work]
Passcode {v}
They texted me {v} to log in with.
Login secret {v} [in the ticket|was leaked].
I reset it to password {v} [yesterday|for now].
login with passwd {v}
The login passcode was {v}, [single use|one time].
Temp password {v}, [change it|expires].

VEHICLE_ID
VIN: {v}
The car's VIN is {v}.
Vehicle {v} [recalled|sold] (VIN).
vin# {v}
Title shows VIN {v}.
Insured vehicle, identification number {v}.
[Loan|Lien] on VIN {v} [not released|paid].
They typed the VIN wrong, it's {v}.
{v}, [grey sedan|white truck]

DEVICE_ID
Serial number: {v}
IMEI {v}
Device {v} [implanted|returned].
My phone's IMEI/serial is {v}.
s/n {v} [on the back|under warranty]
Pump serial {v} [alarmed|replaced].
[Glucose meter|Pacemaker], device ID {v}
The laptop with serial no. {v} [was stolen|is missing].
Device identifier {v} [logged|linked].
"""

"""What English complaints and payment orders are about: an issue of a product with its story, demand and outcome.

Heads: product (the label); issue parted by ``/``. STORY, CALL and FIX are sentences, LOSS says what it did to the customer,
ASK begins with a verb, FOUND is what the company saw.
"""

from __future__ import annotations

from tasks.methods.sample.tables import blocks

ISSUES = blocks("""
credit card ; unauthorized charges/fraudulent charges/charges I never made
STORY On {past} a charge of {amount} from {shop} showed up on card {card}.
STORY I was at work at {employer} all day and have never been to {othercity}.
STORY The card never left my wallet, yet someone used {card} online from IP {ip}.
STORY Two more charges followed within the hour. ; The merchant shipped the goods to {stranger} at {oldaddress}.
CALL I called the number on the back and spoke with {clerkfirst}, who promised a new card in five days.
CALL {clerk} from the fraud desk asked for my date of birth, {dob}, and then hung up.
CALL The dispute form at {url} kept rejecting my birthday.
LOSS I had to borrow money from my {rel} {relfirst} to pay rent.
LOSS My balance is now over the limit and my autopay bounced. ; I lost two days of work.
ASK refund the {amount} and the late fee ; close the old number for good ; send me the merchant's paperwork
ASK remove the charge from my statement
FOUND the purchases were keyed by hand from an address in {otherstate} ; the chip was not read
FOUND the device had never been seen on the profile before
FIX The {amount} was credited and a new card was mailed to {address}.
FIX The dispute was denied because the signature matched. ; A provisional credit was posted on {recent}.

credit card ; interest and late fees/a wrong late fee/surprise interest
STORY I paid {amount} on {past}, three days before the due date.
STORY The statement shows a late fee of ${#29-41} and interest on the whole balance.
STORY My promotional rate of zero percent was to last until {future}.
STORY Autopay from account {account} was switched off without a word.
CALL A supervisor named {clerk} said the system cannot be changed.
CALL I chatted online as {user} and saved the transcript. ; I wrote to {clerkemail} twice.
LOSS The fee pushed me over the limit. ; My score went down {#18-74} points.
LOSS I am on a fixed income and count every dollar.
ASK take back the fee and the interest ; honor the rate I was offered in writing
ASK correct what was reported to the bureaus
FOUND the payment was posted a day late because of a holiday ; the promotion ended one cycle early by mistake
FOUND autopay was removed when the card was replaced
FIX The fee was waived as a courtesy. ; Interest of ${#14-160}.{#10-99} was reversed.
FIX We explained the terms and made no change.

checking account ; funds on hold/a deposit that was held/frozen account
STORY I deposited my paycheck of {amount} from {employer} on {recent} and the bank put a hold on it.
STORY My checking account {account} was frozen without notice. ; The mobile deposit went through, then vanished.
STORY The teller in {city}, {clerkfirst}, said the check looked altered.
CALL I was told to wait until {future}.
CALL The branch sent me to a call center and {clerk} asked for my social, {ssn}, three times.
CALL Nobody answers at {clerkphone}.
LOSS My rent check to {stranger} bounced. ; I could not buy medicine for my {rel}.
LOSS Three automatic payments failed with fees.
ASK release my money ; refund the returned-check fees ; tell me in writing why the account was restricted
FOUND the deposit met the rule for new accounts ; a name mismatch on the check stopped it
FOUND the hold was placed after an address change
FIX The hold was lifted on {today} and fees of ${#35-140} returned.
FIX The account was closed and the balance mailed to {address}. ; Funds are available after the check clears.

checking account ; overdraft fees/overdraft charges
STORY The bank charged me {#3-6} overdraft fees in one day because it posted the largest item first.
STORY I had opted out of overdraft at the branch in {city} in {month}.
STORY A pending refund of {amount} from {shop} would have covered it.
STORY My direct deposit, routing {routing}, account {account}, came the same morning.
CALL {clerk} offered to return one fee only. ; The manager never called me at {phone}.
CALL I sent a secure message from user name {user}.
LOSS I am down ${#105-210} on a balance of almost nothing. ; My {rel} {relname} had to cover the groceries.
LOSS I am afraid to use the card.
ASK return every fee ; post items in the order they arrive ; confirm that overdraft is switched off
FOUND items were posted from high to low ; consent to overdraft was on file from {longago}
FOUND the deposit arrived after the cut-off
FIX All fees were refunded. ; Two fees were refunded and the setting was changed. ; No error was found.

money transfer ; a wire that never arrived/missing transfer/transfer sent to the wrong account
STORY I sent {amount} to my {rel} {relname} on {past}, IBAN {otheriban}, and it never arrived.
STORY The wire went out with routing {routing} and account {otheraccount}, one digit off.
STORY The receipt says {otherbank} took the money. ; The trace number is {ticket}.
CALL The agent {clerkfirst} told me to ask the receiving bank.
CALL {clerk} opened a trace and gave me the e-mail {clerkemail}. ; I have been calling from {phone} every day.
LOSS The hospital bill abroad is overdue. ; The seller cancelled the house sale.
LOSS My {rel} cannot pay tuition at {school}.
ASK recall the wire ; refund the {amount} with the fee ; give me proof of delivery
FOUND the beneficiary name did not match ; the correspondent bank returned the money on {recent}
FOUND the account number was typed by the sender
FIX The funds came back less a fee of ${#15-45}. ; The receiving bank credited {relname} on {today}.
FIX The recall was refused by the beneficiary.

money transfer ; a payment scam/a person pretending to be the bank/an impostor scam
STORY A man who called himself {stranger} from the fraud team phoned from {clerkphone}.
STORY A text sent me to {url} where I typed my password.
STORY He had me send {amount} through the app to user {user} "to reverse" a payment.
STORY He already knew my address, {address}.
CALL I reported it within the hour and {clerkfirst} said the payment was authorized.
CALL The police in {city} gave me report {ticket}. ; {clerk} told me that nothing can be done.
LOSS That was all of our savings. ; I have trouble sleeping.
LOSS My {rel} {relfirst} no longer trusts me with the accounts.
ASK treat this as fraud and return the {amount} ; tell me which bank got the money ; block that number
FOUND the payee was added minutes before ; the login came from {ip} ; a one-time code was read out over the phone
FIX The claim was paid after review. ; Part of the money, ${#120-990}, was frozen at {otherbank} and returned.
FIX The claim was declined because the customer approved the payment.

mortgage ; escrow/an escrow error/property taxes not paid
STORY My servicer {otherbank} did not pay the property tax on {address}.
STORY My payment went up by ${#140-620} a month without an analysis.
STORY The loan {account} was transferred on {past} and the escrow balance of {amount} got lost.
STORY The county says the parcel is delinquent.
CALL {clerk} said to fax the bill again. ; I mailed it on {past} with tracking.
CALL They call me at {phone} but cannot see my letters.
LOSS We got a notice of tax sale. ; My insurance was cancelled. ; My {rel} {relname} and I pay twice now.
ASK pay the tax with the penalty ; redo the escrow analysis ; send a full loan history
FOUND the tax line was not moved with the loan ; the bill went to the former servicer
FOUND a shortage was spread over twelve months
FIX Taxes and a penalty of ${#48-390} were paid by the servicer. ; A corrected analysis went out on {today}.
FIX The account shows no error.

mortgage ; loan modification/a forbearance that went wrong/threat of foreclosure
STORY I asked for help after {employer} cut my hours in {month}. ; They lost the pay stubs I sent to {clerkemail}.
STORY My trial payments of {amount} were returned. ; A sale date of {future} was set for the house at {address}.
CALL Every time I get another person; last was {clerk}.
CALL {clerkfirst} said the file was complete and a week later it was not.
CALL A housing counselor, {colleague}, was on the line.
LOSS My {rel} and {#2-4} children live here. ; We have packed boxes in the hall. ; The stress put me in {hospital}.
ASK stop the sale ; review the whole application ; name one contact person
FOUND two pay stubs were out of date ; the application was complete on {recent}
FOUND the trial payment was applied to fees
FIX The sale was postponed and a plan offered. ; The modification was approved at {#3-6}.{#1-9}%.
FIX The request was denied for insufficient income.

debt collection ; a debt that is not mine/someone else's debt/mistaken identity
STORY A collector calls {phone} about a debt of {amount} that belongs to {stranger}.
STORY They used the last name {last} and an old address, {oldaddress}. ; I never had an account at {otherbank}.
STORY They sued me in {othercity} and I only learned of it on {recent}.
CALL A collector who gave the name {clerk} would not send proof.
CALL He called my {rel} at {relphone} and told all about it. ; I asked them in writing on {past} to stop.
LOSS They called my boss at {employer}. ; My wages may be garnished. ; A job offer was withdrawn.
ASK validate the debt ; stop all calls ; delete the entry from my report
FOUND the debtor has another birth date ; the file was bought from another agency ; no signed contract was on hand
FIX Collection was closed and the entry deleted. ; The debt was sent back to {otherbank}.
FIX The debt was verified with the last address.

credit reporting ; wrong information on my report/identity theft/mixed credit file
STORY My report lists an auto loan at {otherbank} that I never opened.
STORY Someone used my social, {ssn}, and my birthday, {dob}. ; There is an address I never had: {oldaddress}.
STORY The bureau mixed my file with that of {stranger}.
CALL The dispute from {past} came back as verified. ; {clerk} said to send a copy of my passport, number {passport}.
CALL The upload page {url} was down.
LOSS I was denied an apartment in {othercity}. ; My mortgage rate is {#1-2}.{#1-9} points higher.
LOSS The dealer took the car back.
ASK delete the account ; block the entries that came from identity theft ; show me who reported it
FOUND name and address matched, the social did not ; the furnisher confirmed by machine ; a police report was attached
FIX The tradeline was removed on {today}. ; A fraud alert was added for a year.
FIX The dispute was closed without change.

student loan ; payments not counted/lost payments/forgiveness denied
STORY I made {#48-119} payments and they count {#11-40}.
STORY When my loan moved to {otherbank} on {past}, my autopay from account {account} stopped.
STORY My employer, {employer}, signed the form on {longago}. ; The plan asks {amount} a month although my income fell.
CALL {clerkfirst} read from a script. ; I uploaded my tax return, tax id {taxid}, two times.
CALL I wrote from {email} and got an automatic answer.
LOSS The loan is in default on paper. ; My tax refund was taken. ; I put off having children.
ASK recount all payments ; put me back in the plan from {month} ; refund what was taken
FOUND the earlier servicer's history was not loaded ; the form lacked a date ; payments during deferment do not count
FIX {#14-60} payments were added. ; The plan was reinstated. ; The decision stands.

vehicle loan ; repossession/a car repossessed by mistake/payoff problem
STORY My car, plate {plate}, was towed from {address} at night on {recent}. ; I had paid {amount} the week before.
STORY The payoff letter named {amount}, then they wanted more. ; {shop} still has not sent the title.
CALL The agent {clerk} wants cash and a copy of my license. ; They left a message at {employer} with all details.
CALL {clerkfirst} promised a call at {phone}.
LOSS My child seat and tools were in it. ; I cannot get to my job as {ajob}. ; The rental costs ${#31-69} a day.
ASK return the car ; waive the towing fee ; send the title to {address}
FOUND the payment was posted to another loan ; two installments were open ; the order was issued before the payment
FIX The car was returned with a full tank and a refund. ; The title was mailed on {today}.
FIX The repossession was found to be correct.

prepaid card ; card locked/a locked payroll card/gift card with no balance
STORY My wages from {employer} go on the prepaid card {card} and it was locked on {recent}.
STORY The gift card had zero balance when my {rel} opened it. ; The app says that user {user} does not exist.
STORY A transfer of {amount} to account {otheraccount} shows as pending for days.
CALL The robot asks for my ZIP, {zip}, and hangs up. ; {clerk} sent a form to the wrong e-mail.
CALL I held the line for {#40-95} minutes.
LOSS I could not fill up to get to work. ; My phone was cut off. ; We ate at the food bank.
ASK unlock the card ; pay out the balance by check to {address} ; explain the inactivity fee
FOUND the identity check had expired ; the card was drained at a shop in {othercity} ; the address did not match
FIX The card was unlocked after the documents came. ; A check for {amount} was issued.
FIX The balance could not be restored.

personal loan ; a payday loan/triple-digit interest/a loan I did not agree to
STORY I took ${#300-900} online and they have drawn {amount} so far.
STORY They debit account {account}, routing {routing}, every {#7-14} days.
STORY I never signed; somebody applied from {ip} with my e-mail {email}. ; The site {url} is gone.
CALL A man named {clerkfirst} threatened me with arrest. ; They phone my {rel} {relname} at {relphone}.
CALL {clerk} offered another loan to pay this one.
LOSS I am behind on the light bill. ; My bank closed my account. ; I skip meals so that my {rel} can eat.
ASK stop the withdrawals ; treat the loan as paid ; return what was over the legal rate
FOUND the lender has no license in {state} ; consent for debits was withdrawn on {past}
FOUND the application carried another phone
FIX The loan was voided. ; A plan of ${#25-60} a month was agreed. ; The lender did not answer.
""")

"""The clinical layouts of English visit notes, and the phrases that fill them."""

from __future__ import annotations

import random
from collections.abc import Callable

from tasks.methods.sample.grammar import Doc

_HEADERS = (
    ("Patient: {name}", "DOB: {dob}", "MRN: {mrn}", "Phone: {phone}", "Address: {address}"),
    (
        "PATIENT NAME: {name}",
        "DATE OF BIRTH: {dob}",
        "MEDICAL RECORD #: {mrn}",
        "TEL: {phone}",
        "HOME ADDRESS: {address}",
    ),
    (
        "Name: {name}   Sex: {sex}   Age: {age}",
        "Birth date: {dob}   Chart no. {mrn}",
        "Lives at {address}   Cell {phone}",
    ),
    ("{name} | DOB {dob} | MRN {mrn}", "{phone} | {email}", "{address}"),
    (
        "Pt: {name} ({age} {sex})",
        "Record number {mrn}, born {dob}",
        "Contact: {phone}; {email}",
        "Residence: {address}",
    ),
    ("Re: {name}, born {dob}", "Our file: {mrn}", "{address}", "Telephone {phone}"),
)
CONTACTS = (
    "Emergency contact: {relname} ({rel}), {relphone}", "Insurance member no. {account}", "SSN: {ssn}",
    "Email: {email}", "Employer: {employer}, occupation {job}", "PCP: {doctor}", "Preferred pharmacy: {pharmacy}",
    "Next of kin {relname}, {rel}, age {relage}", "ZIP: {zip}", "Portal user name: {user}",
)  # fmt: skip
_OPENERS = (
    "{formal} is {an} {age}-year-old {job} seen for {condition}.",
    "{full} is {an} {age} year old {gender} with {condition} who comes in with {sign} and {sign}.",
    "This {age}-year-old {man} from {city} presents with {sign}, {sign} and {sign}.",
    "{Nick} came in on {today} with {sign}.",
    "{age} y/o {gender}, works as {ajob} at {employer}, here for [follow-up of|a visit about] {condition}.",
    "{formal}, {age}, was referred by {otherdr} from {hospital} because of {sign}.",
    "I saw {full} [on {today}|in clinic on {today}] together with {his} {rel} {relfirst} for {condition}.",
    "Pt reports {sign} since {recent}, also {sign}.",
)
FOLLOWS = (
    "{He} also [describes|mentions|complains of] {sign}.",
    "Also noted: {sign}, but no {othersign}.",
    "{formal} denies {othersign}.",
    "{First}'s main worry is {sign}.",
    "Since the visit on {past}, {he} notes {sign}.",
    "{His} {rel} {relname} adds that there has been {sign}.",
    "No {othersign} or {othersign} reported.",
)
SOCIAL = (
    "{He} lives in {city} with {his} {rel} {relfirst} ({relage}).",
    "{He} moved here from {othercity} in {month}.",
    "Retired from {oldemployer}, {he} now volunteers at {school}.",
    "Works at {employer} as {ajob}.",
    "Does not smoke and drinks [rarely|one beer a week|only on holidays].",
    "{He} was last seen here on {longago} by {otherdr}.",
    "{His} {rel} can be reached at {relphone}.",
    "Correspondence goes to {email}.",
    "Mail still goes to {oldaddress}.",
    "Family history: {rel} with {otherdisease}.",
    "Previously followed by {colleague}, NP, at {hospital} in {otherstate}.",
)
_CLOSERS = (
    "Return visit on {future}.",
    "Follow up with {dr} on {future}.",
    "Results will be sent to {email}.",
    "We will call {First} at {phone}.",
    "Copy to {otherdr}, {hospital}.",
    "Prescriptions were sent to {pharmacy}.",
    "{His} {rel} {relfirst} will drive {him} home.",
    "Next appointment {future}.",
    "Questions were answered; {he} agrees with the plan.",
    "Results appear at {url}.",
    "{formal} knows to call if anything changes.",
)
SIGNERS = (
    "Electronically signed by {doctor}, MD, {today}",
    "{drfull}",
    "Signed: {doctor}, MD",
    "{clerk}, RN",
    "Dictated by {doctor} {today}",
    "/s/ {doctor}",
    "Seen and examined by {colleague}, PA-C, with {dr}",
    "Sincerely,\n{drfull}\n{clinic}",
)


def _header(doc: Doc, rng: random.Random) -> None:
    caps = rng.random() < 0.12
    doc.line(*rng.choice(_HEADERS), caps=caps)
    for extra in rng.sample(CONTACTS, rng.choice((0, 0, 1, 1, 2, 3))):
        doc.line(extra, caps=caps)
    doc.line(
        rng.choice(
            (
                "Date of visit: {today}",
                "Seen {today} at {clinic}",
                "Visit: {today}",
                "Provider: {doctor}  Date: {today}",
            )
        )
    )
    doc.blank()


def _soap(doc: Doc, rng: random.Random) -> None:
    _header(doc, rng)
    names = rng.choice((("S: ", "O: ", "A: ", "P: "), ("SUBJECTIVE: ", "OBJECTIVE: ", "ASSESSMENT: ", "PLAN: "),
                        ("Subjective: ", "Exam: ", "Impression: ", "Plan: ")))  # fmt: skip
    doc.line(names[0] + rng.choice(_OPENERS))
    doc.say("{hist}", rng.choice(FOLLOWS))
    doc.maybe(0.4, rng.choice(SOCIAL))
    doc.line(names[1] + "{Exam}, {exam} and {exam}. [Labs|Work-up]: {test}; {test}.")
    doc.line(names[2] + "{Condition}[, {course}|].")
    doc.line(names[3] + "[Start|Continue|Refill] {med}. {Plan}. {Plan}.")
    doc.maybe(0.7, rng.choice(_CLOSERS))


def _narrative(doc: Doc, rng: random.Random) -> None:
    _header(doc, rng)
    doc.say(rng.choice(_OPENERS), "{hist}", rng.choice(FOLLOWS))
    doc.maybe(0.6, rng.choice(SOCIAL))
    doc.say(
        "On examination there [was|is] {exam} and {exam}.",
        "[Testing showed|Today's results:|The work-up found] {test} and {test}.",
    )
    doc.say("[My impression is|This fits|Findings are consistent with] {condition}[, {course}|].")
    doc.say("[We will start|I prescribed|{He} will take] {med}. {He} was [asked|told|advised] to {plan} and to {plan}.")
    doc.say(rng.choice(_CLOSERS))


def _emergency(doc: Doc, rng: random.Random) -> None:
    doc.line("EMERGENCY DEPARTMENT NOTE - {clinic}", caps=True)
    _header(doc, rng)
    doc.line("CC: {sign}", "HPI: " + rng.choice(_OPENERS))
    doc.say("{hist}", "[Brought in by ambulance.|Arrived with {his} {rel} {relname} ({relphone}).|Walked in alone.]")
    doc.line("PMH: {condition}. Meds: {med}. Allergies: [none|penicillin, rash|sulfa|latex|codeine, nausea].")
    doc.line("PE: {exam}; {exam}. ED course: {test}; {test}. Given {med} with [some|good|partial] relief.")
    doc.line("Dispo: [discharged home|admitted to {hospital}|observed overnight]. {Plan}; {plan}.")


def _discharge(doc: Doc, rng: random.Random) -> None:
    doc.line("DISCHARGE SUMMARY" if rng.random() < 0.6 else "Discharge summary, {clinic}")
    _header(doc, rng)
    doc.line("Admitted {recent}, discharged {today}. Attending: {doctor}. Diagnosis: {condition}.")
    doc.line("Course: {formal} was admitted with {sign} and {sign}. {hist} {Test} and {test} were noted.")
    doc.say("{He} [improved on|was treated with|responded to] {med} and {med}.", rng.choice(SOCIAL))
    doc.line("Discharge advice:", "- {Plan}", "- {Plan}", "- {Plan}")
    doc.line(rng.choice(_CLOSERS))


def _letter(doc: Doc, rng: random.Random) -> None:
    doc.line("{clinic}", "{today}")
    doc.blank()
    doc.line("Dear {otherdr},", "RE: {name}, DOB {dob}, MRN {mrn}", "{address}, tel. {phone}")
    doc.blank()
    doc.line(
        "[Thank you for referring|I had the pleasure of seeing|Thank you for sending me] {formal}, {an} {age}-year-old {job}."
    )
    doc.say("{He} has {sign} and {sign}. {hist}", rng.choice(FOLLOWS), rng.choice(SOCIAL))
    doc.say(
        "Examination: {exam}, {exam}. {Test} was found.",
        "[I believe this is|The picture is that of] {condition}[, {course}|].",
    )
    doc.say("I [suggest|would suggest|recommend] {med}; {he} should {plan} and {plan}.")
    doc.line(rng.choice(_CLOSERS))


def _phone(doc: Doc, rng: random.Random) -> None:
    doc.line("Telephone encounter {today} - taken by {clerk}, [RN|LPN|MA]")
    doc.line("Caller: [{relname}, {rel} of|self,] {name} (DOB {dob}, MRN {mrn}). Call back {phone}.")
    doc.line("[Caller states|Reports] {sign} and {sign} since {recent}. {hist} Taking {med}. Asks whether to come in.")
    doc.say(rng.choice(SOCIAL))
    doc.say(
        "[Identity confirmed with date of birth and address {address}.|Verified last four of social and ZIP {zip}.]"
    )
    doc.line("Advice per {dr}: {plan}; {plan}. Known {condition}[, {course}|].")
    doc.say(
        "[If worse go to {hospital}.|Message left with {relfirst}.|Portal message sent to {user}.]",
        rng.choice(_CLOSERS),
    )


def _portal(doc: Doc, rng: random.Random) -> None:
    doc.line("From: {full} <{email}>", "To: {clinic}", "Sent: {today}")
    doc.blank()
    doc.line(
        "[Hi|Hello|Dear] {dr}, [this is|it's] {full} (birthday {dob}, chart {mrn}). I have had {sign} and {sign} since {recent}."
    )
    doc.say(
        "[I am taking|You gave me] {med} but [it does not seem to help|I still feel bad|the pharmacy, {pharmacy}, is out of it]."
    )
    doc.say(
        "[My {rel} {relfirst} says|{relfirst}, my {rel}, thinks] I should {plan}.",
        "[My number is|Please call me at|Best phone:] {phone}.",
    )
    doc.maybe(0.5, "I moved, the new address is {address}.", "My old one was {oldaddress}.")
    doc.blank()
    doc.line(
        "REPLY from {clerk}, RN: {dr} reviewed this. With {condition}[, {course}|], please {plan} and {plan}. Come in on {future}."
    )


LAYOUTS: tuple[Callable[[Doc, random.Random], None], ...] = (
    _soap, _soap, _narrative, _narrative, _emergency, _discharge, _letter, _phone, _portal,
)  # fmt: skip

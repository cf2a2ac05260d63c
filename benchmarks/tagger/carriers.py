"""Carriers: sentences, forms and posts with slots in braces, and a small grammar that makes new ones."""

# ruff: noqa: E501 - one carrier a line, or words in one string
from __future__ import annotations

import random

LINES = """
{city}, {country} - {person} said on {weekday} that {topic} would not be delayed.
{person}, {age}, of {city}, was charged on {weekday} with {topic}.
{person} ({age}) from {city} won the {thing} at {facility}.
{nationality} president {person} met {nationality2} leaders in {city} to discuss {topic}.
Police in {city}, {state} are looking for {person}, last seen near {facility}.
{org} shares fell {n} percent after {person} stepped down as chief executive.
{org} announced that it will buy {org2} for {money}.
{person}, a spokeswoman for {org}, declined to comment.
The {org} hired {person} from {org2} as its new {role}.
The {nationality} embassy in {city} confirmed that two {nationality2} citizens were hurt.
Thousands of {people} fled from {place} to {place2} after the floods.
Troops entered {city} on {date}, and {people} crossed the border into {country}.
A storm hit {place} and {place2} early on {weekday}.
{last} scored twice as {city} beat {city2} {n}-{n2}.
{city} {n}, {city2} {n2}: {last} strikes late.
{person} signed with {org} until {month} next year.
Born in {city} on {date}, {person} studied at {org} and moved to {place}.
{person} and {person2} were married in {city} in {month}.
{person} died in {city}, {country}, at the age of {age}.
According to {person} of {org}, {topic} costs {money} a year.
"{quote}," said {person}, {role} at {org}.
"{quote}", {last} told {org}.
"{quote}," {first} replied.
The film was shot in {place} and {place2} by {nationality} director {person}.
{person}'s new book, {work}, is out on {weekday}.
I read {work} by {person} last {weekday}.
The {role} of {country}, {person}, arrives in {city} today.
Sen. {last} and Rep. {last2} voted against {topic}.
Judge {last} ruled against {org} in {place}.
Coach {last} praised {last2} and {last3} after the match in {city}.
{last} v. {last2}, {year}
{people} and {people2} live side by side in {place}.
Elections in {country} and {country2} will be held in {month}.
The road from {city} to {city2} runs through {place}.
{facility} is about {n} km from {city}.
Flights between {city}, {city2} and {city3} are cancelled.
RT @{handle}: {first} is the best {role} in {city}
@{handle} @{handle2} did you see {person} last night??
@{handle} thanks! say hi to {first} for me
just saw {person} at {facility} omg
omg {first} stop it lol
Happy birthday {first}!!! love you
happy bday @{handle} hope {city} treats you well
{first} and {first2} are so cute together #{hashtag}
so proud of {person} tonight #{hashtag}
Goodnight {city} you were amazing
leaving {city} today, next stop {place}
anyone in {city} this weekend? {first} and I are at {facility}
{topic} in {place} smh
I'm at {org} in {city}, {state} {url}
I'm at {facility} ({city}) {url}
New post: {topic} with {person} {url}
Now playing: {person} - {work}
#{hashtag} {first} {last} wins again
miss you {first} :(
can't wait to see {person} live in {city} on {weekday}!!!
{first} just called me from {place} and said {quote}
what time is {first} coming over
is {first} still at work
tell {first} i said hi
ask {first} {last} about it, he lives in {place}
i was in {city} last year with my friend {first}
my cousin {first} from {place} is visiting
my name is {first} and i live in {city}
my name is {person}
hi im {first}, {age}, from {place}
i am {person} from {org}
Hi, this is {person} calling about {topic}.
Hello, my name is {honorific} {last} and my number is {phone}.
{honorific} {last} called about {topic}; please ring back on {phone}.
Please ask {honorific} {person} to sign here.
Dear {honorific} {last},
Dear {first},
Dear {person},
Hi {first},
Hi {first} and {first2},
Thanks, {first}
Thanks,\n{person}
Best regards,\n{person}\n{role}\n{org}
Kind regards\n{first} {last}\n{address}
Sincerely,\n\n{person}\n{org}\n{address}\nPhone: {phone}
Cheers\n{first}
From: {person} <{email}>\nTo: {person2} <{email2}>\nSubject: {topic}
From: {person}\nSent: {date} {time}\nTo: {person2}; {person3}\nSubject: RE: {topic}
On {date}, {person} <{email}> wrote:
cc: {person}, {person2}, {person3}
{first}, could you send this to {person} by {weekday}?
{first},\n\nI talked to {person} in {city} about {topic}. {quote}.
{person} wrote:
Call {first} at {phone} or {phone2}.
You can reach {person} at {email}.
Email {email} or call {phone} to speak with {first}.
My email is {email} and my phone is {phone}
Visit us at {url} or at {address}
Our site is {url}
{url} is down again
See {url} for {topic}
follow me @{handle}
username: {handle}
my insta is {handle}
I live at {address}.
I live at {address} and my zip code is {zip}
We moved to {address} last {month}.
Please ship it to {person}, {address}.
Send the parcel to {address}
Deliver to:\n{person}\n{address}
{person}\n{address}
{person}\n{org}\n{address}
{org}\n{address}\n{phone}
Address: {address}
Billing address: {address}
Mailing address\n{address}
What is at {address}?
The office at {address} is closed.
Meet me at {address} at {time}
Property: {address}, {money}
The house on {street} was sold for {money}.
There was an accident on {street} near {facility}.
Turn left on {street}, then right on {street2}.
How do I get from {street} to {facility}?
He lives on {street} in {city}.
{street} is closed between {street2} and {street3}.
ZIP code: {zip}
city: {city}, zip: {zip}
{city} {zip}
{city}, {state} {zip}
Name: {person}\nDOB: {date}\nAddress: {address}\nPhone: {phone}
Name: {person} Age: {age} City: {city}
First name: {first}\nLast name: {last}\nE-mail: {email}
Surname: {last}, given name: {first}
Patient: {person}, {age} y/o, MRN {number}
{person}, {age} years old, {nationality}, lives in {place}
A {age}-year-old {nationality} {role} from {city}
{first} is {age} years old.
I am {age} years old and live in {place}.
She turned {age} on {date}.
Born {date} in {city}.
My birthday is {date}
DOB {date}
Date: {date}
The meeting is on {date} at {org}.
between {date} and {date2}
Account {number} belongs to {person}.
My account number is {number}.
my card number is {number}
Card {number}, exp. {n}/{n2}, name on card {person}
SSN {number}
Passport no. {number} issued in {country}
Invoice {number} from {org} for {money}
Order {number} for {person} shipped on {date}
{person} | {role} | {org} | {city}
{person};{email};{phone};{city};{country}
{last}, {first}, {city}, {date}
{last},{first},{email},{zip}
1. {person}\n2. {person2}\n3. {person3}
- {person} ({org})\n- {person2} ({org2})
{city}\n{city2}\n{country}\n{state}
Participants: {first}, {first2}, {first3} and {person}
Cast: {person}, {person2}, {person3}
Attendees: {person} ({org}), {honorific} {last}
Authors: {person}, {person2}; {org}, {country}
{person}: {quote}
{first}: {quote}\n{first2}: {quote2}
<{handle}> {quote}
[{time}] {first}: {quote}
Where is {city}?
Is {city} in {country} or in {country2}?
What is the best {thing} near {facility}?
Which part of {country} is {city} in?
Does {org} have an office in {place}?
Who is {person}?
Do you know {person} from {org}?
Has {first} answered yet?
Can I use my {org} card in {country}?
How far is {place} from {place2}?
I need to transfer {money} to {person} in {country}.
I want to travel from {city} to {city2} on {date}
Looking for a flight to {place} for {n} people
I'm from {country}, can I open an account?
We stayed at {org} in {city} and loved it. {first} at the desk was great.
{first} was our waiter at {org} and he was wonderful!
{org} on {street} has the best {thing} in {city}.
Ask for {first}, she is the best {role} in {place}.
Dr. {last} and his staff at {org} are great.
I took my {thing} to {org} and {first} fixed it the same day.
Avoid {org} in {city}. {last} never calls back.
If you are in {city}, go to {org}.
This place beats everything in {place}!
{nationality} food in {city} is {adj}.
I love {nationality} {thing}
the {nationality} {role} at {org}
My wife is {nationality} and my father was {nationality2}.
He speaks {nationality} and {nationality2}.
Are {people} {adj}?
My husband {first} and our kids {first2} and {first3}
{first}'s mother, {person}, lives in {place} with {first2}.
{first}'s car is {adj}
the {last} family moved to {place}
the {last}s are coming over
{first} {last} Jr. and {honorific} {last2}
{honorific} {person}, {role} of {org}
{honorific} {first} {last} MD
Professor {last} teaches at {org}.
Captain {last} of the {org}
Officer {last} said {quote}.
President {last} and Prime Minister {last2} spoke by phone.
King {first} of {country}
Saint {first}
{first} the dog ate my {thing}
Mayor {person} opened {facility} in {city}.
The {org} in {city} is {adj}.
{org} and {org2} agreed on {topic}
{org} Q{n} results: {topic} up
I work for {org}, based in {place}.
He left {org} to join {org2} in {city}.
{person} works at {org} as a {role}
{org} customer service is {adj}
I bought {thing} from {org}
{org} ({url}) is hiring a {role} in {city}
Job: {role} at {org}, {city}, {country}. Contact {person}, {email}
{city}-based {org} hires {person}
{city} to host {thing} in {year}
{city}'s {role} resigns
{country}'s {topic}
the {city} area
northern {country} and southern {place}
downtown {city}
{city} airport
in {place}
{person}
{first} {last}
{org}
{place}
{address}
{nationality}
{org}, {city}
{city}, {country}
{person}, {city}
{person}, {role}
{person} - {phone}
{work} ({year}) starring {person} and {person2}
{person} feat. {person2} - {work}
Photo by {person} / {org}
Source: {org}
By {person}, {org}
{city} ({org}) -- {topic}
Story by {person}, {city}
Lyrics by {first} {last}
Signed, {person}, on {date}, in {city}
The {people} of {place} want {topic}.
{person} (born {date}) is a {nationality} {role}.
{person} ({year}-{year2}) was a {nationality} {role} from {city}.
{city} is a town in {state}, {country}.
{facility} lies between {city} and {city2}.
The river flows through {country}, {country2} and {country3}.
{facility} reopened on {date}.
a house near {facility}
I was born on {date}
{topic} by {org} in {country}
Subject: {topic} - {person}
ATTN: {person}
c/o {person}, {address}
""".strip().splitlines()

NEGATIVES = """
{topic} is {adj}.
I don't think {topic} is {adj}, but the {role} does.
The {role} asked about {topic} on {weekday}.
See you on {weekday} at {time}!
We open at {time} on {weekday}, {weekday2} and {weekday3}.
{quote}.
{quote}!
{quote}?
{quote}. {quote2}.
Have you read {work}?
I watched {work} last night and it was {adj}.
My {product} is {adj}, I'm going back to my old {product2}.
Does {product} work with {product2} {n}?
How do I install {product} on {product2}?
The {adj} {thing} costs {money}.
Total: {money}
Page {n} of {n2}
Chapter {n}: {topic}
Step {n}. Open the {thing} and wait {n2} minutes.
It took {n} hours and {n2} minutes.
There are {n} {thing}s in the {thing2}.
{n} + {n2} = {n3}
Terms and Conditions
Frequently Asked Questions
Privacy Policy and Terms of Use
Table of Contents
Dear Sir or Madam,
Dear all,
Dear Customer,
Hi there,
Hi everyone,
Hi team,
Thanks a lot!
Thank You For Your Business
Best,
Kind regards,
To Whom It May Concern
Yes
No
OK, see you tomorrow
lol that is so {adj}
omg {quote}
wtf is {topic}
idk maybe {weekday}
LOL
THIS IS SO {adj}
i can't even
The {role} and the {role2} had a {adj} {thing}.
A {role} is not a {role2}.
Mom and Dad are coming on {weekday}.
my mom says {quote}
grandma made {thing}
God bless you all
Merry Christmas and Happy New Year!
Happy Easter everyone
Monday Motivation
Good Morning
Summer is over. Winter is coming.
Spring {year} collection
In {month}, the {thing} gets {adj}.
Every {month} and {month2} we do {topic}.
The {weekday} before {weekday2} is {adj}.
Windows {n}, Android {n2}, iPhone {n}
Error {n}: {topic} failed
def {code}(x): return x + {n}
SELECT {code} FROM {code2} WHERE {code} > {n};
import {code}
git commit -m "{topic}"
{code} = {n}
<div class="{code}">{topic}</div>
{code}.{code2}({n})
if {code} is not None: raise ValueError
Breaking News: {topic}
Question: {quote}?
Answer: {quote}.
Note: {topic}
Subject: {topic}
RE: {topic}
FW: {topic}
Type: {thing}
Status: {adj}
Name:
Phone:
Address:
City, State, Zip
First Name, Last Name, E-mail
Please enter your name and address.
Please enter your account number.
What is your phone number?
I lost my card. What should I do?
I forgot my password
My card was declined twice on {weekday}.
Blood pressure {n}/{n2}, pulse {n3}.
Take {n} mg of {thing} twice daily.
Take {topic} into account.
The Internet, the Web and E-mail changed {topic}.
{adj} {thing} for sale - {money} OBO
WANTED: {adj} {thing}
For Sale: {adj} {thing}
I love this {thing}. It is {adj} and {adj2}.
The {thing} was {adj} but the service was {adj2}.
Best {thing} ever!
Great service, {adj} prices.
Highly recommended!!!
Five stars
Would not recommend.
I Will Never Go Back
The food was {adj}
Very {adj} staff, will return
What a {adj} {thing}
""".strip().splitlines()

_NOUNS = [
    "car",
    "phone",
    "book",
    "house",
    "job",
    "team",
    "match",
    "game",
    "plan",
    "report",
    "budget",
    "party",
    "dinner",
    "lunch",
    "coffee",
    "pizza",
    "burger",
    "taco",
    "sushi",
    "meal",
    "train",
    "bus",
    "flight",
    "trip",
    "hotel",
    "room",
    "bed",
    "door",
    "window",
    "table",
    "chair",
    "lamp",
    "garden",
    "tree",
    "flower",
    "dog",
    "cat",
    "horse",
    "bird",
    "fish",
    "river",
    "bridge",
    "road",
    "map",
    "ticket",
    "bag",
    "shoe",
    "shirt",
    "dress",
    "coat",
    "ring",
    "watch",
    "camera",
    "laptop",
    "printer",
    "screen",
    "battery",
    "charger",
    "cable",
    "key",
    "lock",
    "box",
    "letter",
    "parcel",
    "package",
    "invoice",
    "receipt",
    "contract",
    "policy",
    "claim",
    "refund",
    "loan",
    "mortgage",
    "account",
    "card",
    "payment",
    "transfer",
    "fee",
    "statement",
    "password",
    "website",
    "app",
    "update",
    "server",
    "database",
    "file",
    "folder",
    "movie",
    "song",
    "album",
    "concert",
    "festival",
    "museum",
    "school",
    "class",
    "lesson",
    "exam",
    "teacher's",
    "bag",
    "grade",
    "degree",
    "course",
    "recipe",
    "cake",
    "bread",
    "cheese",
    "wine",
    "beer",
    "tea",
    "salad",
    "soup",
    "doctor's",
    "note",
    "test",
    "scan",
    "pill",
    "vaccine",
    "surgery",
    "knee",
    "back",
    "headache",
    "cough",
    "fever",
    "diet",
    "workout",
    "gym",
    "race",
    "marathon",
    "ball",
    "goal",
    "season",
    "league",
    "election",
    "vote",
    "law",
    "bill",
    "tax",
    "court",
    "trial",
    "judge's",
    "order",
    "prison",
    "police",
    "report",
    "gun",
    "bomb",
    "war",
    "peace",
    "treaty",
    "army",
    "border",
    "storm",
    "flood",
    "fire",
    "quake",
    "weather",
]
_ROLES = [
    "teacher",
    "doctor",
    "nurse",
    "driver",
    "engineer",
    "lawyer",
    "judge",
    "player",
    "singer",
    "actor",
    "writer",
    "painter",
    "farmer",
    "baker",
    "waiter",
    "manager",
    "director",
    "officer",
    "soldier",
    "minister",
    "president",
    "senator",
    "mayor",
    "governor",
    "coach",
    "captain",
    "editor",
    "reporter",
    "analyst",
    "student",
    "professor",
    "scientist",
    "dentist",
    "plumber",
    "electrician",
    "carpenter",
    "chef",
    "pilot",
    "sailor",
    "neighbor",
    "friend",
    "brother",
    "sister",
    "cousin",
    "uncle",
    "aunt",
    "boss",
    "colleague",
    "client",
    "customer",
    "patient",
    "agent",
    "salesman",
    "clerk",
    "librarian",
    "secretary",
    "spokesman",
    "researcher",
    "developer",
    "designer",
    "consultant",
    "accountant",
    "nanny",
    "priest",
    "bishop",
    "king",
    "queen",
    "prince",
    "princess",
    "guy",
    "girl",
]
_ADJECTIVES = [
    "good",
    "bad",
    "great",
    "awful",
    "terrible",
    "nice",
    "lovely",
    "beautiful",
    "ugly",
    "big",
    "small",
    "huge",
    "tiny",
    "old",
    "new",
    "young",
    "late",
    "early",
    "fast",
    "slow",
    "cheap",
    "expensive",
    "free",
    "busy",
    "quiet",
    "loud",
    "hot",
    "cold",
    "warm",
    "wet",
    "dry",
    "clean",
    "dirty",
    "easy",
    "hard",
    "simple",
    "complex",
    "safe",
    "dangerous",
    "sad",
    "happy",
    "angry",
    "tired",
    "sick",
    "healthy",
    "strong",
    "weak",
    "rich",
    "poor",
    "smart",
    "stupid",
    "funny",
    "boring",
    "strange",
    "normal",
    "perfect",
    "broken",
    "ready",
    "open",
    "closed",
    "full",
    "empty",
    "amazing",
    "delicious",
    "rude",
    "friendly",
    "helpful",
    "useless",
]
_VERBS = [
    "liked",
    "hated",
    "bought",
    "sold",
    "found",
    "lost",
    "saw",
    "watched",
    "read",
    "wrote",
    "built",
    "broke",
    "fixed",
    "opened",
    "closed",
    "started",
    "stopped",
    "left",
    "joined",
    "visited",
    "called",
    "texted",
    "emailed",
    "met",
    "married",
    "sued",
    "hired",
    "fired",
    "promoted",
    "praised",
    "blamed",
    "thanked",
    "helped",
    "ignored",
    "followed",
    "beat",
    "joined",
    "interviewed",
    "warned",
    "told",
    "asked",
    "invited",
    "recommended",
    "reviewed",
    "described",
    "mentioned",
    "remembered",
    "forgot",
    "missed",
    "loved",
    "feared",
    "trusted",
    "moved",
    "carried",
    "drove",
    "flew",
    "paid",
    "owed",
    "sent",
]
_TOPICS = [
    "the new tax",
    "climate change",
    "the housing market",
    "school meals",
    "health care",
    "the peace talks",
    "the strike",
    "the merger",
    "the budget deficit",
    "the election",
    "gun control",
    "free trade",
    "oil prices",
    "the gas pipeline",
    "the water supply",
    "public transport",
    "the bus fare",
    "the new stadium",
    "the world cup",
    "the playoffs",
    "the weather",
    "the power cut",
    "a data breach",
    "the software update",
    "online banking",
    "the refund",
    "the late delivery",
    "my order",
    "the invoice",
    "the contract",
    "the meeting",
    "the interview",
    "the schedule",
    "the holiday",
    "the wedding",
    "the funeral",
    "the party",
    "the concert",
    "fraud",
    "robbery",
    "murder",
    "drunk driving",
    "tax evasion",
    "bribery",
    "the test results",
    "the surgery",
    "the side effects",
    "the diet",
    "the workout",
    "machine learning",
    "web design",
    "data science",
    "the exam",
    "homework",
    "the reading list",
    "childcare",
    "pension reform",
    "immigration",
    "the ceasefire",
    "the evacuation",
    "the earthquake",
    "the trial",
    "the verdict",
]
_QUOTES = [
    "I don't know what you mean",
    "we did everything we could",
    "it was the best day of my life",
    "that is not true",
    "they should have called first",
    "nobody told us anything",
    "I can't believe it",
    "we will see what happens",
    "you have to try it",
    "it works for me",
    "never again",
    "this is a disaster",
    "we are very happy with the result",
    "let me check and get back to you",
    "I'll be there in ten minutes",
    "can you send me the file",
    "sounds good to me",
    "sorry for the late reply",
    "what do you think about it",
    "I need some help with this",
    "how much does it cost",
    "there is nothing left to say",
    "we have no comment",
    "the game was close",
    "he played well today",
    "she did a great job",
    "who wants to go",
    "it depends on the price",
    "please let me know",
    "I have been waiting for two weeks",
    "the line was too long",
    "we waited an hour for a table",
    "you get what you pay for",
    "I would like to return this",
    "do not waste your money",
    "this made my day",
    "have a great weekend",
    "take care",
    "how was your day",
    "when does it open",
    "why is it so slow",
    "is it safe to eat",
    "what happened next",
    "good luck with that",
    "see you soon",
]
_PRODUCTS = [
    "iPhone",
    "Galaxy",
    "Windows",
    "Android",
    "Linux",
    "Excel",
    "Word",
    "Photoshop",
    "PlayStation",
    "Xbox",
    "Kindle",
    "iPad",
    "MacBook",
    "Chrome",
    "Firefox",
    "Python",
    "Java",
    "Bluetooth",
    "WiFi",
    "Wi-Fi",
    "GPS",
    "USB",
    "PDF",
    "HTML",
    "Corolla",
    "Civic",
    "Golf",
    "Mustang",
    "Nikes",
    "Levi's",
    "Coke",
    "Pepsi",
    "Advil",
    "Tylenol",
    "Visa",
    "Mastercard",
    "PayPal",
    "Uber",
    "Netflix",
    "Spotify",
]
_TITLE_WORDS = [
    "Love",
    "Night",
    "Dark",
    "Light",
    "Blue",
    "Red",
    "Secret",
    "Lost",
    "Last",
    "First",
    "Long",
    "Road",
    "Home",
    "Fire",
    "Ice",
    "Time",
    "World",
    "Dream",
    "Dance",
    "Heart",
    "Stone",
    "Glass",
    "Silent",
    "Broken",
    "Wild",
    "Summer",
    "Winter",
    "River",
    "Moon",
    "Star",
    "Shadow",
    "King",
    "Queen",
    "Game",
    "War",
    "Song",
    "Story",
    "Life",
    "Death",
    "Girl",
    "Boy",
    "House",
    "Garden",
    "City",
    "Wind",
    "Rain",
    "Storm",
    "Sky",
    "Sea",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_SUBJECTS = [
    "{person}",
    "{first}",
    "{last}",
    "{honorific} {last}",
    "the {role}",
    "my {role}",
    "our {role}",
    "I",
    "we",
    "they",
    "he",
    "she",
    "you",
    "{org}",
    "{people}",
    "the {nationality} {role}",
    "{first} and {first2}",
    "{country}",
    "{city}",
    "a {role} from {place}",
    "{person}, a {role}",
    "my friend {first}",
    "my brother {first}",
    "nobody",
    "someone",
]
_OBJECTS = [
    "the {thing}",
    "a {thing}",
    "his {thing}",
    "my {adj} {thing}",
    "{person}",
    "{first}",
    "{honorific} {last}",
    "the {role}",
    "{org}",
    "{topic}",
    "{work}",
    "{city}",
    "{first}'s {thing}",
    "{org}'s {thing}",
    "a {nationality} {thing}",
    "the {adj} {role}",
    "me",
    "us",
    "it",
    "{last}",
    "some {people}",
    "a {product}",
]
_TAILS = [
    "",
    "",
    " in {place}",
    " in {city}",
    " at {org}",
    " near {facility}",
    " from {country}",
    " with {first}",
    " with {person}",
    " on {weekday}",
    " last {month}",
    " on {date}",
    " for {money}",
    " at {time}",
    " because {quote}",
    " on {street}",
    " to {place}",
    " for {org}",
    " yesterday",
    " again",
    " after {topic}",
    " and {first} did too",
    " across {region}",
    " outside {city}",
    " by {person}",
    " like {person}",
    " via {city}",
]
_LEADS = [
    "",
    "",
    "",
    "",
    "",
    "Yesterday ",
    "Then ",
    "But ",
    "And ",
    "I heard that ",
    "Apparently ",
    "In {city}, ",
    "On {weekday}, ",
    "In {month}, ",
    "However, ",
    "Later ",
    "When I lived in {place}, ",
    "According to {org}, ",
    "lol ",
    "So ",
    "Well, ",
    "Btw ",
    "Because of {topic}, ",
    "Also, ",
    "Meanwhile, ",
    "FYI ",
    "Last week ",
    "Unlike {first}, ",
    "After leaving {place}, ",
    "Sadly, ",
    "Luckily ",
]


def composed(rng: random.Random) -> str:
    """A new sentence: lead, subject, verb, object and up to two endings."""
    lead, subject = rng.choice(_LEADS), rng.choice(_SUBJECTS)
    verb, what = rng.choice(_VERBS), rng.choice(_OBJECTS)
    if not lead:
        subject = subject[0].upper() + subject[1:] if subject[0] != "{" else subject
    end = rng.choice((".", ".", ".", "!", "", "...", "?"))
    tails = "".join(rng.sample(_TAILS, rng.choice((1, 1, 2))))
    return f"{lead}{subject} {verb} {what}{tails}{end}"


class Words:
    """Draws the slots that are no personal data."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def weekday(self) -> str:
        return self.rng.choice(_DAYS)

    def month(self) -> str:
        return self.rng.choice(_MONTHS)

    def topic(self) -> str:
        if self.rng.random() < 0.5:
            return self.rng.choice(_TOPICS)
        return f"the {self.rng.choice(_ADJECTIVES)} {self.rng.choice(_NOUNS)}"

    def thing(self) -> str:
        return self.rng.choice(_NOUNS)

    def role(self) -> str:
        return self.rng.choice(_ROLES)

    def adj(self) -> str:
        return self.rng.choice(_ADJECTIVES)

    def quote(self) -> str:
        return self.rng.choice(_QUOTES)

    def product(self) -> str:
        return self.rng.choice(_PRODUCTS)

    def work(self) -> str:
        words = self.rng.sample(_TITLE_WORDS, self.rng.randint(2, 4))
        title = self.rng.choice(("The ", "A ", "", "", "")) + self.rng.choice(
            (" ", " of the ", " and ", " in the ", " ")
        ).join(words[:2])
        title = " ".join([title, *words[2:]])
        return self.rng.choice(("{}", '"{}"', "“{}”", "'{}'")).format(title)

    def money(self) -> str:
        amount = self.rng.choice(
            (self.rng.randint(1, 999), self.rng.randint(1000, 99999), self.rng.randint(1, 99) * 1000)
        )
        return self.rng.choice(
            ("${}", "{} euros", "${} million", "£{}", "€{}", "{} dollars", "USD {}", "${}.99", "{}k")
        ).format(f"{amount:,}" if self.rng.random() < 0.5 else amount)

    def time(self) -> str:
        hour, minute = self.rng.randint(1, 12), self.rng.choice((0, 15, 30, 45))
        return self.rng.choice(
            (f"{hour}:{minute:02}", f"{hour} pm", f"{hour}am", f"{hour}:{minute:02} PM", f"{hour + 11}:{minute:02}")
        )

    def n(self) -> str:
        return str(self.rng.choice((self.rng.randint(0, 12), self.rng.randint(10, 300))))

    def year(self) -> str:
        return str(self.rng.randint(1900, 2026))

    def hashtag(self) -> str:
        words = self.rng.sample(_TITLE_WORDS + _NOUNS, 2)
        return "".join(w.capitalize() for w in words if w.isalpha()) or "tbt"

    def code(self) -> str:
        return self.rng.choice(("{}_{}", "{}{}", "get_{}_{}", "{}s")).format(
            *self.rng.sample([n for n in _NOUNS if n.isalpha()], 2)
        )

"""Word lists of the masker, all in lower case."""

# ruff: noqa: E501, SIM905 - a list of words reads better than a thousand quotes.
from __future__ import annotations

LINKS = frozenset(
    """
    mr mrs ms miss dr prof jr sr iii van von der den del dos das the and bin ibn las los san
    """.split()
)
"""Words of a name that are too common to be looked for by themselves."""

ALSO_WORDS = frozenset(
    """
    will may mark grant rose grace hope joy faith bill frank art miles chase pat sue dean page young long price
    brown green white black gray grey king cook hall day wood woods bush rich love best small short stone lane hill
    park field fields banks bank case cash penny drew rob jack ray gene dale glen cliff forest heath ivy lily daisy
    violet ruby amber pearl crystal april june august summer autumn dawn eve sky star bell baker carter mason taylor
    turner walker porter parker fisher hunter gardner miller smith marshall major noble power powers wise sharp
    swift strong good goodman little law laws moon snow frost rice bean beans pepper berry cherry apple sage basil
    ginger olive chance guy max wade skip trip buck pierce hale blank early late fast church temple house rivers
    brooks ford bridges wells pool waters lake bond cross speed christian angel destiny trinity chastity mercy
    charity patience sunny gay earnest ernest curt victor norm ward warren bishop pope abbott prior monk knight earl
    duke prince rush ross pace tyre savage fox wolf lamb bird crane drake swan finch hawk bass pike cod roach nurse
    teller worker office home visit phone note new old care plan pain blood heart head back hand john
    """.split()
)
"""Names that are words as well: found by themselves only where they are written with a capital."""

HEADER_WORDS = frozenset(
    """
    date dispo disposition patient email e-mail phone telephone tel fax cell mobile caller provider employer
    employee insurance occupation address age sex gender race dob mrn ssn id name first last status history exam
    examination assessment plan subjective objective impression findings results labs vitals medications meds
    allergies diagnosis dx hx rx sx tx pt chief complaint reason visit discharge admission summary note notes follow
    up followup re cc to from sent subject account claim case file member customer client applicant claimant
    taxpayer dear sincerely regards thanks hi hello amount balance total payment number type code ref reference attn
    signed signature page form section part line memo notice appeal request caseworker background daytime executive
    bank debit credit taken seen madam sir copy works preferred household facts decision recommendation department
    office unit clinic hospital date/time time location contact emergency
    """.split()
)
"""Words of headers, which taggers take for names where a header stands in capitals or by itself."""

ROLES = frozenset(
    """
    agent customer client caller rep representative support me you bot robot operator advisor adviser specialist
    visitor guest member user patient doctor nurse provider system admin moderator interviewer applicant claimant
    officer question answer q a note notes update response reply action plan result date time subject from to cc re
    status
    """.split()
)
"""What stands before a colon in a transcript or a note and names nobody."""

NEVER_NAMES = frozenset(
    """
    april may june july august january february march september october november december monday tuesday wednesday
    thursday friday saturday sunday spring summer autumn winter christmas easter internet english general international
    will can the and but for not you all any new one two how who why what when where which this that these those here
    there they them then than from with your his her him she its our out are was were has had did does let may mine
    please thanks thank dear hello yes ok okay also more most such some each every both
    """.split()
)
"""Words that the lists of names hold and that are hardly ever names by themselves."""

NEVER_SURNAMES = frozenset(
    """
    april may june july august january february march september october november december monday tuesday wednesday
    thursday friday saturday sunday the and or but for not you all any new one two how who why what when where which
    this that these those here there they them then than from with your his her him she its our out are was were has
    had did does let is am be been being will would shall should can could might must if as at by in of on to up so
    no yes please thanks thank dear hello hi hey i me my mine we us it he a an
    inc llc ltd corp co company bank group university college hospital school church street road avenue drive lane
    phone email address date dob ssn iban atm pin usc cfr faq age sex gender mrn id number name subject re from cc account
    """.split()
)
"""Words that end a name even where they have a capital."""

NO_PART = (
    r"(?!(?i:i|i'm|i’m|i'll|i've|my|me|we|you|he|she|it|they|this|that|these|those|what|when|where|why|who|how|which|can|could|would|should|shall|do|does|did|don't"
    r"|don’t|is|are|was|were|am|be|been|has|have|had|not|no|yes|and|or|but|if|so|then|to|from|with|for|at|by|as|on|in|an|your|our|his|her|their|its"
    r"|please|thanks|hello|hi|hey|dear|also|today|tomorrow|yesterday|now|just|ssn|iban|atm|pin|asap|faq|dob|mrn|url)(?![\p{L}'’])(?!\.))"
)
"""A pattern's guard before a capitalised word: words of a sentence are no part of a name, "Will" and "May" left aside."""

"""What English visit notes are about: conditions whose signs, findings, treatment and advice belong together.

Heads: names parted by ``/``; diagnosis group; youngest-oldest age; ``chronic`` or ``acute``. SIGN are noun phrases, HIST and
NOTE sentences, EXAM and TEST noun phrases, MED drugs with dose, PLAN begin with a verb.
"""

from __future__ import annotations

from tasks.methods.sample.tables import blocks

CONDITIONS = blocks("""
hypertension/high blood pressure/HTN ; cardiovascular ; 35-95 ; chronic
SIGN morning headaches ; occasional dizziness on standing ; blurry vision in the evening
SIGN a pounding heartbeat at night ; ringing in both ears ; tiredness by midafternoon
HIST Home readings have run {#142-168}/{#88-102} over the last {#2-6} weeks.
HIST {He} stopped the water pill on {his} own because of leg cramps.
HIST Salt intake is high, mostly canned soup and take-out.
HIST {His} {rel} {relfirst} checks the cuff readings and writes them down.
EXAM blood pressure {#144-182}/{#88-108} on the left arm ; no carotid bruit ; a regular rhythm without murmur
EXAM trace ankle edema ; flat neck veins
TEST potassium {#3.4-5.1} ; creatinine {#0.7-1.6} ; an ECG with mild left ventricular hypertrophy
TEST urine albumin {#8-95} mg/g
MED lisinopril [10|20|40] mg daily ; amlodipine [2.5|5|10] mg daily ; chlorthalidone [12.5|25] mg every morning
MED losartan [50|100] mg daily
PLAN continue a low-sodium diet ; recheck the blood pressure in {#2-6} weeks
PLAN bring the home cuff to the next visit for comparison ; repeat the basic metabolic panel
PLAN walk thirty minutes on most days

type 2 diabetes/T2DM/diabetes mellitus type 2 ; endocrine ; 30-90 ; chronic
SIGN increased thirst ; getting up [two|three|four] times a night to urinate ; tingling in both feet ; blurred vision
SIGN slow healing of a scrape on the shin ; unplanned weight loss of {#5-14} pounds
HIST Fasting sugars at home are between {#138-170} and {#180-260}. ; {He} skips lunch on work days and eats late.
HIST {His} {rel} {relname} was diagnosed at {relage} and uses insulin.
HIST The last eye exam with {otherdr} was on {longago}.
EXAM reduced monofilament sensation at both great toes ; warm feet with palpable pulses
EXAM a body mass index of {#26-41} ; a callus under the right heel ; clear lungs
TEST A1c {#7.1-11.4}% ; fasting glucose {#131-288} mg/dL ; LDL {#74-171} mg/dL
TEST an albumin to creatinine ratio of {#12-210}
MED metformin [500|850|1000] mg twice daily ; glipizide 5 mg before breakfast ; empagliflozin 10 mg daily
MED insulin glargine {#10-34} units at bedtime ; semaglutide 0.25 mg weekly
PLAN check fasting sugars each morning ; see the diabetes educator ; schedule a dilated eye exam
PLAN inspect both feet daily ; repeat the A1c in three months ; cut sweet drinks

asthma/reactive airway disease/mild persistent asthma ; respiratory ; 5-70 ; chronic
SIGN wheezing at night ; chest tightness after climbing stairs ; a dry cough around cats
SIGN shortness of breath in cold air ; needing the rescue inhaler [daily|twice a day]
HIST {He} moved into an older apartment in {othercity} and noticed mold in the bathroom. ; {His} {rel} smokes indoors.
HIST The inhaler ran out on {recent}. ; Triggers are dust at {employer} and spring pollen.
EXAM scattered expiratory wheezes ; a prolonged expiratory phase ; no retractions
EXAM oxygen saturation {#93-98}% on room air ; pale nasal mucosa
TEST peak flow {#240-430} L/min ; spirometry with an FEV1 of {#62-84}% of predicted ; a clear chest film
TEST eosinophils {#3-9}%
MED albuterol inhaler two puffs every four hours as needed ; fluticasone 110 mcg twice daily
MED montelukast 10 mg at night ; prednisone 40 mg for five days
PLAN review the inhaler technique with a spacer ; follow the written action plan ; remove carpet from the bedroom
PLAN get the flu vaccine ; return in {#4-8} weeks

chronic obstructive pulmonary disease/COPD/emphysema ; respiratory ; 48-92 ; chronic
SIGN a productive morning cough ; breathlessness when dressing ; more sputum than usual ; yellow-green phlegm
SIGN waking up short of breath
HIST {He} has smoked about a pack a day since {his} twenties and is down to {#3-9} cigarettes.
HIST Home oxygen is set to two liters at night. ; {His} {rel} {relfirst} helps with the stairs.
HIST This is the [second|third] flare since {month}.
EXAM distant breath sounds ; pursed-lip breathing ; a barrel-shaped chest ; oxygen saturation {#86-93}% at rest
EXAM coarse crackles that clear with coughing
TEST a chest x-ray with flattened diaphragms ; an FEV1 of {#34-61}% of predicted ; bicarbonate {#27-34}
TEST a negative viral swab
MED tiotropium 18 mcg once daily ; budesonide-formoterol two puffs twice daily ; azithromycin 250 mg for four days
MED prednisone 40 mg daily for five days
PLAN begin pulmonary rehabilitation ; set a quit date and use nicotine patches ; get the pneumococcal vaccine
PLAN call if the sputum turns bloody ; check the oxygen flow with the supplier

lumbar strain/low back pain/mechanical back pain ; musculoskeletal ; 20-80 ; acute
SIGN stiffness after sitting ; a dull ache across the low back ; pain when bending forward ; spasm on the {side} side
SIGN trouble putting on socks
HIST The pain began on {recent} while lifting boxes at {employer}. ; {He} works as {ajob} and drives long hours.
HIST A similar episode in {month} settled with rest. ; {His} {rel} has been doing the housework.
EXAM tenderness over the paraspinal muscles ; a negative straight leg raise ; full strength in both legs
EXAM intact reflexes ; limited flexion to {#35-70} degrees
TEST a lumbar film without fracture ; no red-flag findings ; a normal urinalysis ; a sedimentation rate of {#4-22}
MED naproxen 500 mg twice daily with food ; cyclobenzaprine 5 mg at bedtime ; topical diclofenac gel
MED acetaminophen 1000 mg every eight hours
PLAN stay active within comfort ; start physical therapy twice a week ; avoid lifting more than {#10-25} pounds
PLAN apply heat for twenty minutes ; give a work note until {future}

knee osteoarthritis/degenerative joint disease of the knee/knee OA ; musculoskeletal ; 45-92 ; chronic
SIGN knee pain on stairs ; morning stiffness under thirty minutes ; swelling after gardening
SIGN a grinding feeling in the {side} knee ; the knee giving way
HIST {He} had a meniscus repair at {hospital} in {month}. ; An injection helped for about {#2-5} months.
HIST {He} uses a cane that belonged to {his} {rel}. ; Stairs at home make it worse.
EXAM crepitus with motion ; a small effusion ; medial joint line tenderness ; a range from {#3-9} to {#95-122} degrees
EXAM a mildly antalgic gait
TEST x-rays with medial joint space narrowing ; a uric acid of {#4.1-6.9} ; no crystals in the joint fluid
MED acetaminophen 650 mg three times daily ; meloxicam 7.5 mg daily ; duloxetine 30 mg daily
MED a triamcinolone injection today
PLAN strengthen the quadriceps at home ; aim to lose {#8-25} pounds ; fit an unloader brace
PLAN discuss replacement with {otherdr} ; return if the knee locks

major depressive disorder/depression/MDD ; mental health ; 18-88 ; chronic
SIGN low mood on most days ; poor sleep with early waking ; little appetite ; loss of interest in music and friends
SIGN trouble concentrating at work ; guilt about small things
HIST Things got worse after {his} {rel} {relname} died on {past}. ; {He} lost the job at {oldemployer} in {month}.
HIST {He} denies any plan to harm {him}self and can name reasons to live. ; A previous course of therapy helped.
EXAM a flat affect with good eye contact ; slow but clear speech ; no psychotic features ; neat grooming
EXAM linear thought
TEST a PHQ-9 score of {#11-22} ; a normal TSH of {#0.8-3.9} ; vitamin B12 {#240-610} ; a negative alcohol screen
MED sertraline [25|50|100] mg daily ; bupropion XL 150 mg every morning ; mirtazapine 15 mg at bedtime
MED escitalopram 10 mg daily
PLAN restart weekly therapy with {colleague} ; review the safety plan
PLAN call the crisis line if thoughts of death return ; keep a regular bedtime ; repeat the PHQ-9 in four weeks

generalized anxiety disorder/anxiety/GAD ; mental health ; 16-75 ; chronic
SIGN racing thoughts ; muscle tension in the neck ; restlessness ; a fluttering stomach ; worry about money and health
SIGN panic on the bus
HIST Symptoms rose after a car crash near {othercity} on {past}. ; {He} drinks {#3-6} cups of coffee a day.
HIST {His} supervisor at {employer} has cut {his} hours. ; {His} {rel} {relfirst} notices that {he} cannot sit still.
EXAM a fine tremor of the hands ; an anxious mood with full affect ; a pulse of {#84-108}
EXAM normal thyroid on palpation
TEST a GAD-7 score of {#9-19} ; a normal ECG ; a TSH of {#0.9-3.6} ; normal electrolytes
MED escitalopram [5|10|20] mg daily ; hydroxyzine 25 mg as needed ; buspirone 7.5 mg twice daily
MED propranolol 10 mg before presentations
PLAN practice slow breathing twice daily ; begin cognitive behavioral therapy ; cut caffeine after noon
PLAN limit news before bed ; follow up in {#3-6} weeks

gastroesophageal reflux/GERD/acid reflux ; gastrointestinal ; 20-85 ; chronic
SIGN burning behind the breastbone ; a sour taste in the morning ; a hoarse voice ; cough when lying flat
SIGN burping after meals
HIST {He} eats dinner at ten after the late shift at {employer}. ; Antacids help for an hour.
HIST There is no trouble swallowing and no black stool. ; {His} {rel} had an ulcer.
EXAM mild epigastric tenderness ; a soft abdomen without guarding ; no masses ; normal teeth enamel
TEST hemoglobin {#12.1-15.4} ; a negative H. pylori breath test ; an endoscopy with grade A esophagitis
MED omeprazole 20 mg before breakfast ; famotidine 20 mg at bedtime ; calcium carbonate as needed
PLAN raise the head of the bed ; stop eating three hours before sleep ; avoid peppermint and chocolate
PLAN taper the acid blocker after eight weeks ; return for endoscopy if symptoms persist

acute gastroenteritis/viral gastroenteritis/stomach flu ; gastrointestinal ; 3-85 ; acute
SIGN watery stools {#4-10} times a day ; vomiting since last night ; crampy belly pain ; a low-grade fever
SIGN feeling faint on standing
HIST Symptoms began on {recent} after a potluck at {school}. ; {His} {rel} {relfirst} is sick with the same thing.
HIST {He} returned from {otherstate} on {recent}. ; {He} keeps down sips of broth.
EXAM dry lips ; hyperactive bowel sounds ; diffuse tenderness without rebound ; a pulse of {#92-118}
EXAM capillary refill under three seconds
TEST sodium {#131-144} ; a stool panel positive for norovirus ; white cells {#6.2-12.9} ; bicarbonate {#17-23}
MED ondansetron 4 mg every eight hours ; oral rehydration solution ; one liter of normal saline by vein
MED loperamide 2 mg as needed
PLAN drink small amounts often ; stay home from work until {future} ; wash hands with soap
PLAN return if there is blood in the stool ; advance to a bland diet

migraine/migraine without aura/chronic migraine ; neurological ; 14-65 ; chronic
SIGN throbbing pain behind the {side} eye ; nausea with light sensitivity ; zigzag lines before the pain
SIGN neck stiffness ; needing to lie in a dark room
HIST Attacks come {#3-9} days a month, mostly around {his} busy weeks at {employer}.
HIST {His} {rel} {relname} has the same headaches. ; {He} missed {#2-6} days of work since {month}.
HIST Ibuprofen no longer helps.
EXAM sharp optic discs ; symmetric cranial nerves ; a steady tandem gait ; tender temples without cords
TEST a normal MRI of the brain from {longago} ; a headache diary with {#7-15} days ; a negative pregnancy test
TEST normal inflammatory markers
MED sumatriptan 50 mg at onset ; topiramate 25 mg nightly ; propranolol 40 mg twice daily ; riboflavin 400 mg daily
PLAN limit pain pills to two days a week ; keep regular meals and sleep ; track triggers in the diary
PLAN see neurology with {otherdr} ; avoid red wine

epilepsy/seizure disorder/focal epilepsy ; neurological ; 10-75 ; chronic
SIGN a brief staring spell ; jerking of the right arm ; confusion afterwards ; a bitten tongue
SIGN a rising feeling in the stomach
HIST {His} {rel} {relname} saw an episode of about {#1-4} minutes on {recent} and called for help from {relphone}.
HIST Two doses were missed while traveling to {othercity}. ; {He} has not driven the car with plate {plate} since.
HIST The last event before this was in {month}.
EXAM no focal weakness ; a healing abrasion on the tongue ; normal coordination ; no gaze preference
TEST an EEG with left temporal sharp waves ; a levetiracetam level of {#9-31} ; sodium {#134-143}
TEST a CT of the head without bleeding
MED levetiracetam [500|750|1000] mg twice daily ; lamotrigine 100 mg twice daily ; rescue diazepam nasal spray
PLAN no driving until cleared ; use a pill box with alarms ; avoid swimming alone ; teach the family seizure first aid
PLAN repeat the EEG

community-acquired pneumonia/pneumonia/right lower lobe pneumonia ; infectious ; 18-94 ; acute
SIGN fever to {#100-104} degrees ; shaking chills ; rusty sputum ; sharp pain with deep breaths
SIGN no energy for {#3-8} days
HIST {He} was seen at {hospital} on {recent} and sent home. ; A coworker at {employer} had a bad cough.
HIST {His} {rel} {relfirst} brought {him} in. ; {He} had the flu in {month}.
EXAM crackles at the right base ; dullness to percussion ; a respiratory rate of {#20-30}
EXAM a temperature of {#100.1-103.8} ; oxygen saturation {#88-95}%
TEST a chest film with a right lower lobe infiltrate ; white cells {#12.4-21.8} ; lactate {#0.9-2.6}
TEST two sets of blood cultures pending
MED amoxicillin-clavulanate 875 mg twice daily ; doxycycline 100 mg twice daily ; ceftriaxone 1 g by vein
MED acetaminophen for fever
PLAN finish all antibiotics ; drink fluids ; repeat the chest film in six weeks ; return for worse breathing
PLAN check oxygen at home twice daily

urinary tract infection/UTI/cystitis ; infectious ; 18-92 ; acute
SIGN burning with urination ; going every hour ; cloudy urine ; pressure above the pubic bone
SIGN new confusion noted by family
HIST This is the [second|third] infection since {month}. ; {He} finished an antibiotic on {past}.
HIST {His} {rel} called from {relphone} about the confusion. ; There is no back pain or vomiting.
EXAM suprapubic tenderness ; no flank pain ; a temperature of {#98.1-100.9} ; moist mucosa
TEST urine with nitrites and many white cells ; a culture growing E. coli ; creatinine {#0.6-1.5}
MED nitrofurantoin 100 mg twice daily for five days ; cephalexin 500 mg four times daily
MED phenazopyridine for two days
PLAN drink more water ; call with fever or flank pain ; adjust the antibiotic to the culture ; review bladder habits

eczema/atopic dermatitis/hand eczema ; dermatological ; 2-75 ; chronic
SIGN itchy patches in the elbow creases ; cracked fingertips ; dry skin that worsens in winter
SIGN sleep broken by scratching ; a weeping spot on the wrist
HIST {He} washes {his} hands dozens of times a day as {ajob}. ; A new detergent was used from {recent}.
HIST {His} {rel} has hay fever. ; The cream from {pharmacy} stings.
EXAM lichenified plaques on both forearms ; fissures without pus ; no fever ; scattered excoriations
TEST a patch test positive for fragrance ; a negative scraping for fungus ; an IgE of {#140-820}
MED triamcinolone 0.1% ointment twice daily ; tacrolimus 0.1% at night ; cetirizine 10 mg daily
MED thick petrolatum after bathing
PLAN wear cotton liners under gloves ; use lukewarm water ; switch to a fragrance-free soap
PLAN see dermatology if not clear in {#3-6} weeks

cellulitis/leg cellulitis/skin infection of the leg ; dermatological ; 25-90 ; acute
SIGN a hot red area on the {side} shin ; swelling up to the knee ; pain when walking ; chills
HIST {He} scraped the leg on a fence on {recent}. ; {His} neighbor {stranger} drew a line around the redness.
HIST An insect bite was noticed in {othercity}. ; {He} has had this once before.
EXAM warm erythema of {#6-18} by {#4-12} cm ; no crepitus ; intact pulses ; a small portal of entry between the toes
TEST white cells {#9.8-16.4} ; a negative ultrasound for clot ; C-reactive protein {#28-140}
MED cephalexin 500 mg four times daily ; clindamycin 300 mg three times daily ; cefazolin by vein
PLAN elevate the leg ; mark the border daily ; return if redness spreads ; treat the athlete's foot

chronic kidney disease/CKD stage 3/CKD ; renal ; 45-94 ; chronic
SIGN swollen ankles by evening ; foamy urine ; fatigue ; itching without rash ; a poor appetite
HIST {He} takes ibuprofen for {his} back several times a week. ; {His} {rel} {relname} is on dialysis at {hospital}.
HIST Blood pressure has been hard to control since {month}. ; {He} was told about protein in the urine on {longago}.
EXAM bilateral pitting edema ; blood pressure {#134-166}/{#76-96} ; clear lungs ; no asterixis
TEST an eGFR of {#31-58} ; creatinine {#1.4-2.4} ; hemoglobin {#9.8-12.6} ; phosphorus {#3.6-5.4}
TEST a renal ultrasound with small kidneys
MED furosemide 20 mg daily ; sodium bicarbonate 650 mg twice daily ; dapagliflozin 10 mg daily ; losartan 50 mg daily
PLAN avoid anti-inflammatory pain pills ; see nephrology with {otherdr} ; limit potassium
PLAN protect the left arm from needle sticks ; repeat labs in six weeks

kidney stone/nephrolithiasis/ureteral stone ; renal ; 22-75 ; acute
SIGN sudden flank pain in waves ; pink urine ; nausea ; pain running to the groin ; being unable to sit still
HIST The pain woke {him} at home on {recent}. ; {He} passed a stone in {month}.
HIST {He} drinks little water on shift at {employer}. ; {His} {rel} drove {him} from {city}.
EXAM flank tenderness on the {side} ; a soft abdomen ; no fever ; restless pacing
TEST a CT with a {#3-8} mm stone near the bladder ; blood in the urine ; creatinine {#0.8-1.4} ; calcium {#8.9-10.9}
MED ketorolac 15 mg by vein ; tamsulosin 0.4 mg daily ; ondansetron 4 mg as needed ; oxycodone 5 mg, {#6-12} tablets
PLAN strain the urine ; drink two and a half liters daily ; see urology within two weeks ; return for fever
PLAN send the stone for analysis

atrial fibrillation/AFib/paroxysmal atrial fibrillation ; cardiovascular ; 50-94 ; chronic
SIGN an irregular heartbeat ; being winded on one flight of stairs ; lightheadedness
SIGN a fluttering in the chest for {#2-9} hours ; fatigue
HIST {He} was cardioverted at {hospital} on {longago}.
HIST {He} wears a watch that flagged an irregular rhythm on {recent}. ; There has been no bleeding.
HIST {His} {rel} {relname} manages the pill box.
EXAM an irregularly irregular rhythm at {#78-134} ; no murmurs ; lungs clear at the bases ; no edema
TEST an ECG with atrial fibrillation ; an echocardiogram with an ejection fraction of {#45-64}% ; a TSH of {#0.7-3.4}
TEST hemoglobin {#11.8-15.1}
MED apixaban [2.5|5] mg twice daily ; metoprolol succinate [25|50|100] mg daily ; diltiazem 120 mg daily
PLAN keep taking the blood thinner ; see cardiology with {otherdr} ; wear a monitor for two weeks ; cut alcohol
PLAN report any black stool

heart failure/CHF/congestive heart failure ; cardiovascular ; 55-95 ; chronic
SIGN swelling in both legs ; sleeping on three pillows ; a weight gain of {#4-12} pounds in a week
SIGN breathlessness walking to the mailbox ; a dry night cough
HIST {He} ran out of the water pill on {recent}. ; Meals come from a church pantry and are salty.
HIST {He} was admitted to {hospital} from {past}. ; The visiting nurse {clerk} called with the weight.
EXAM jugular venous pressure of {#9-14} cm ; crackles at both bases ; pitting edema to the knees ; a third heart sound
TEST a BNP of {#420-2400} ; an ejection fraction of {#22-44}% ; potassium {#3.4-5.0}
TEST a chest film with small effusions
MED furosemide [20|40|80] mg twice daily ; carvedilol 6.25 mg twice daily ; sacubitril-valsartan 24/26 mg twice daily
MED spironolactone 25 mg daily
PLAN weigh every morning ; hold fluids to {#1.5-2.0} liters ; call for a gain of three pounds
PLAN see the heart clinic on {future} ; read food labels for sodium

hypothyroidism/underactive thyroid/Hashimoto thyroiditis ; endocrine ; 22-88 ; chronic
SIGN feeling cold all the time ; dry hair ; constipation ; a weight gain of {#6-18} pounds ; heavy eyelids
SIGN slow thinking
HIST {He} takes the tablet with coffee and iron. ; {His} {rel} {relfirst} had thyroid surgery.
HIST The dose was last changed on {longago}.
EXAM a firm small goiter ; a pulse of {#52-64} ; delayed ankle reflexes ; dry skin
TEST a TSH of {#6.1-24.8} ; a free T4 of {#0.4-0.9} ; positive thyroid antibodies ; cholesterol {#212-281}
MED levothyroxine [50|75|88|100|112] mcg daily ; vitamin D 2000 units daily
PLAN take the tablet on an empty stomach ; separate iron by four hours ; recheck the TSH in six weeks
PLAN report palpitations

opioid use disorder/opioid dependence in treatment/OUD ; mental health ; 20-64 ; chronic
SIGN cravings in the evening ; sweats and yawning ; muscle aches ; poor sleep ; a runny nose
HIST {He} last used on {recent} with a friend, {stranger}.
HIST {He} lives with {his} {rel} in {city} and goes to meetings. ; A naloxone kit is at home.
HIST {His} counselor {colleague} phoned from {clerkphone}.
EXAM pupils of {#3-5} mm ; no fresh injection marks ; a calm mood ; mild gooseflesh
TEST a urine screen positive for buprenorphine only ; negative hepatitis C ; normal liver enzymes
MED buprenorphine-naloxone [8|16|24] mg daily ; clonidine 0.1 mg as needed ; nicotine lozenges
PLAN pick up weekly supplies at {pharmacy} ; keep up group therapy ; carry naloxone ; see the clinic again on {future}

ankle fracture/distal radius fracture/closed wrist fracture ; musculoskeletal ; 12-88 ; acute
SIGN pain and swelling after a fall ; a visible deformity ; numb fingertips or toes ; being unable to bear weight
SIGN bruising
HIST {He} slipped on ice outside {shop} on {recent}. ; {He} fell from a ladder while helping {his} {rel} {relfirst}.
HIST A coworker, {stranger}, drove {him} here. ; It happened during a soccer game at {school}.
EXAM tenderness over the bone ; intact sensation after splinting ; brisk capillary refill ; closed skin
TEST films with a minimally displaced fracture ; good alignment after reduction ; a vitamin D of {#14-33}
MED ibuprofen 600 mg every eight hours ; acetaminophen 1000 mg ; hydrocodone 5 mg, {#6-10} tablets
PLAN keep the splint dry ; elevate above the heart ; see orthopedics with {otherdr} on {future}
PLAN stay off work until cleared ; return for numbness

influenza/flu/COVID-19 ; infectious ; 3-90 ; acute
SIGN body aches ; a fever since {#1-4} days ; a sore throat ; a dry cough ; a headache ; loss of smell
HIST Half of the team at {employer} is out sick. ; {His} {rel} {relfirst} tested positive on {recent}.
HIST {He} flew in from {othercity} on {recent}. ; {He} did not get this season's shot.
EXAM a red throat without exudate ; clear lungs ; a temperature of {#99.8-103.1} ; small neck nodes
TEST a positive rapid antigen test ; oxygen saturation {#94-99}% ; a negative strep test
MED oseltamivir 75 mg twice daily ; nirmatrelvir-ritonavir for five days ; acetaminophen as needed
MED honey for the cough
PLAN rest at home ; isolate until {future} ; drink plenty of fluids ; come back for trouble breathing
PLAN vaccinate the household
""")

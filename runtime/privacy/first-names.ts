/**
 * Given names that are common in English, German, French, Spanish and Indian service desks and are no ordinary word,
 * month, place or brand. A capitalised one is a name without any other sign.
 */
const ROWS = `
aaron abdul abigail adam adrian adriana agnes ahmed aisha alan albert alberto alejandra alejandro alexander alexandra
alfred ali alice alicia alina alison allison amanda amelia amina amit amy ana anand anastasia andrea andreas andrew andré
andrés angela anika anil anita anja anjali anke ann anna anne annette annika anthony antoine antonia antonio arjun arthur
arun ashley astrid axel barbara beatrice beatriz benjamin bernard bernd bettina birgit björn brandon brenda brian brigitte
bruno camille carl carla carlos carol carolina caroline catherine cathy cecilia chantal charles charlie chloe chloé
christa christian christiane christina christine christoph christopher cindy claire clara claude claudia claudio clémence
colin connor cornelia cristina cynthia daniel daniela danielle david deborah deepak deepika denise dennis derek deepa
diana diego dieter dietmar dirk dominic dominik dominique donald donna dorothy douglas dylan edith eduardo edward eileen
elena elisabeth elizabeth ellen emily emma emmanuel enrique eric erik erika ernst esther ethan eva evelyn fabian fatima
felix fernando fiona florian françois françoise frank franz fred frederick frederik friedrich gabriel gabriela gareth
gary geoffrey georg george georges gerald gerard gerhard gillian gisela giulia gonzalo gordon greg gregory guillaume
gunther günter gustav hannah hans harald harold harry hassan heather heidi heike heinz helen helena helga henri henrik
henry herbert hiroshi holger horst howard hubert hugo ian ibrahim ignacio ines inga ingo ingrid irene iris isaac isabel
isabella isabelle ivan jack jacob jacqueline jacques jaime jakob james jamie jana jane janet janine jason javier
jean jeff jeffrey jennifer jens jeremy jerry jessica jim joachim joan joanna joanne joe joel johan johann johanna john
johnny jonas jonathan jorge josef joseph josé joshua joyce juan juanita judith judy julia julian juliane julie julien
juliette jutta jörg jürgen kai karen karin karl karla karolina karsten katarina kate katharina katherine kathleen kathrin
kathy katja katrin kavita keith kelly ken kenneth kerstin kevin khalid kimberly kiran klaus konrad kristin kristina kumar
kurt lakshmi lars latoya laura laurent lauren leah lena leon leonard leonie leticia liam linda lisa liz lorenzo louis
louise luca lucas lucia lucie lucy luis luisa lukas luke luz lydia léa maddie magdalena maike malik manfred manoj manuel
manuela marc marcel marco marcus margaret margarita maria marianne marie mario marion markus marlene marta martha martin
martina mary mateo mathias mathieu mathilde matthew matthias maurice maximilian meera megan mehmet mei melanie melissa
mercedes-maria michael michaela michel michelle miguel mike milan miriam mohamed mohammed mohit monica monika monique
muhammad mustafa nadia nadine nancy natalia natalie natasha nathalie nathan neha nicholas nick nicola nicolas nicole nikita
nikolas nina noah nora norbert norman olaf oliver olivia oscar otto pablo pamela pascal patricia patrick paul paula
paulina pauline pedro peter petra philip philipp philippe phillip pierre pooja prakash pradeep preeti priya priyanka
rachel rafael rahul rainer raj rajesh ralf ralph ramesh ramón raphael raquel ravi raymond rebecca renate renee renée
ricardo richard rita robert roberto rodrigo roger roland rolf ronald rosa rosemary roxanne ruben rudolf ruth ryan sabine
sabrina sally samantha samir samuel sandra sandeep sanjay sara sarah scott sean sebastian sergio shannon sharon sheila
shirley silke silvia simon simone sofia sonia sonja sophia sophie stefan stefanie steffen stella stephan stephanie stephen
steve steven stuart sunita suresh susan susanne suzanne svetlana sven swati sylvia sylvie sébastien tamara tanja tanya
tatiana teresa terry thomas thorsten tim timothy tobias todd tom tomás tony torsten tracy travis tristan tyler udo ulrich
ulrike ursula ute uwe valentina valerie vanessa vera verena veronica veronika vicente vijay vikram vincent viktor virginie
vivek vivian volker walter wanda wendy werner wilhelm william wolfgang xavier yannick yasmin yolanda yusuf yuki yvonne
zachary zoe álvaro élodie émilie éric óscar`;

/** In lower case. */
export const FIRST_NAMES: ReadonlySet<string> = new Set(ROWS.trim().split(/\s+/));

/** Of them those that are words in lower case, in one of the languages. */
export const WORDS_IN_LOWER_CASE: ReadonlySet<string> = new Set(
  'axel carol clara claire ernst frank iris jack jean jim joe ken kelly leon luz marco mark marlene mike nick otto rita rosa sally sean tim todd scott'.split(
    ' ',
  ),
);

/**
 * Given names that are words or months as well: a name when capitalised inside a sentence, or when it stands alone
 * before a punctuation mark.
 */
export const AMBIGUOUS_NAMES: ReadonlySet<string> = new Set(
  'ben sam dan alex alexis mark will grace hope rob rose ruby robin faith drew poppy daisy ivy joy pat ray jordan casey kim lee jan ada ari kay bo buddy'.split(
    ' ',
  ),
);

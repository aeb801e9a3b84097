/**
 * Words that follow a phrase such as `my name is` or begin a sentence and are no name, in lower case. Months, days,
 * peoples and languages are capitalised in English and are none either.
 */
const ROWS = `
a about above account action active actually address after afternoon again ago agent all almost already also always am an
and another any anybody anyone anything app are aren't around as ask at available away back bad be because been before
being best better bill billing bit blocked both bought broken bug but by call called calling can can't cancel cancelled
card change changed charged check city clear closed code coming company complete completely confirm confirmed connected
contact contract correct could couldn't customer daily data date day days dear delay delayed delivery department did didn't
different disappointed do does doesn't doing don't done down due during each early easy either else email enough error
evening ever every everybody everyone everything exactly expired far fast february few final fine first five following for
form forward four free from full furious fully general get getting give given glad go going gone good got great had half
happy hard has hasn't have haven't having he he's hello help helpdesk her here here's hers hi him his home hope how
however i i'd i'll i'm i've if important in incorrect indeed information inside instead internet interested into invoice
is isn't issue it it's its just keep know last late later least left less let let's like line listed little live living
locked login long look looking lost lot luck made mail make manager many maybe me mean mine misspelled missing mistaken
mobile monday month monthly more morning most mr mrs much must my myself name near necessary need needed network never new
next nice night no nobody none nor not nothing now number of off offer office ok okay old on once one only open or order
other our ours out outage over overdue own package paid part password pay payment pending people perfect phone plan please
possible post prepaid previous price probably problem product promise question quick quickly quite rather ready really
reason received recent refund regarding regards registered reply request required respect response restart right roaming
router safe same saturday say second see send sent service set several she shop should shouldn't show shown sign signal
since sir six slow so some somebody someone something soon sorry spelled spelt start started status stay still stop
store stuck subscription such sunday support suppose sure switch system tariff team technical technician ten than
thank thanks that that's the their them then there there's these they they're they've thing this those three thursday
tied till time tired to today together tomorrow too total trying tuesday twice two unable under unfortunately unhappy until
up update upgrade upset urgent us use used user using usually valid very via wait waiting want was wasn't way we we'd we'll
we're we've website wednesday week weekend weeks welcome well went were weren't what what's when where whether which while
who who's whole whom why wi-fi wifi will with within without won't wondering work working worried worse worst worth would
wouldn't written wrong year years yes yesterday yet you you're your yours yourself zero
january march april june july august september october november december friday
english german french spanish british american italian indian polish turkish dutch irish scottish welsh european swiss
austrian canadian australian chinese japanese russian brazilian mexican portuguese greek swedish danish norwegian
ab aber alle alles als also am an auch auf aus bei beim bin bis bitte brauche da damit danke dann das dass dein dem den
denn der des deshalb die dies diese dieser doch dort du durch ein eine einem einen einer eines er erst es etwas euch für
frage frau ganz gegen genau gerne gibt grüße gut guten habe haben hallo hat herr heute hier hilfe ich ihm ihn ihnen ihr
ihre im immer in ins ist ja jetzt kann kein keine klar können könnte kunde kundin leider lieber mal man mehr mein meine
mich mir mit mitarbeiter möchte montag morgen muss nach nein nicht nichts noch nochmal nur oder ohne rechnung schon sehr
sein seit sie sind so soll student tag um und uns unser unzufrieden verärgert vertrag viel vielen vom von vor war warum was weil wenn wer wie
wieder wir wird wo wurde würde zu zufrieden zum zur zurück dienstag mittwoch donnerstag freitag samstag sonntag januar
februar märz mai juni juli oktober dezember deutsch
abonné au aujourd'hui aussi aux avec bien bonjour c'est ce cela ces cette chez client cliente comme comment contrat dans de
des désolé depuis donc du elle en encore est et être facture fait faire il ils j'ai je jamais jour la le les leur lui ma
madame mais malheureusement merci mes moi mon monsieur ne non nos notre nous on ou où par pas plus pour pourquoi pouvez
problème quand que quel quelle qui quoi sa salut sans se ses si son sont sous sur ta tout toute très trop tu un une vos
votre vous toujours lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril juin juillet août
septembre octobre novembre décembre cordialement
ahora al algo aquí buenas buenos como con contento contrato cuando cuenta cómo del desde día días donde el él ella en
entre era es esa ese eso esta estaba estado estoy está este esto factura gracias ha hace han hasta hay hola la las le lo
los me mi mis muy más nada ni nuestro o otro para pero por porque puede puedo que quiero qué saludos se ser señor señora
si sin sobre soy su sus sí también tengo tiene todo tras tu un una uno usted ustedes ya yo lunes martes miércoles jueves
viernes sábado domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
everybody folks guys ladies gentlemen madam sirs colleagues chat bot assistant visa iban sim esim vip faq
he'll she'll they'll è é en het een ik niet i w z nie że jest que não sou og er på ve bir bu için и в на не у я мы это і та और है हूँ हूं बोल रहा रही से तथा και δεν είναι و`;

export const COMMON_WORDS: ReadonlySet<string> = new Set(ROWS.trim().split(/\s+/));

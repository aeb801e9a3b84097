import { COMMON_WORDS } from './common-words.ts';

/** Further frequent given names, by the lands where they are most given. None is a common word, a month or a place. */
const ROWS = `
abby ahmad aidan albie alec alexandria alfie alisha alistair allan allen allie amber amelie andre andy angel angelica angelina angie
annabel annabelle annie antonio archie ariana arlene arnold ashlee audrey austin ava bailey barry beatrix becky bella bernadette
bernard bernice beth bethany betty beverly billy blake bobby bonnie bradley brad brandi breanna brendan brett brianna bridget brittany
brooke bryan bryce caitlin caleb callum cameron candace carly carmen caroline carrie casey cassandra cassie cecil cedric celia chad
charlene charlotte chelsea cheryl chester christie christy clarence clifford clinton clive cody colleen connie corey cory courtney
craig crystal curtis daisy dale damian damien dana darlene darrell darren darryl daryl dave debbie debra declan dean desmond devin dexter
dianna dianne diane dolores don dora doreen doris dorothea duane dustin dwayne dwight earl eddie edgar edmund edna edwin
eleanor elaine eli elijah elliot elliott ella ellie elsie elvis emilia emilie emmett erica erin ernest estelle ethel eugene eunice evan
evie ezra faye felicity finley florence floyd frances francesca francis frankie freddie freya gail gavin gemma gene georgia georgina
geraldine gerry gilbert gina gladys glen glenda glenn gloria graham gretchen gwen gwendolyn hailey harley harper harriet harvey
hayden hazel hector henrietta herman hilary hilda holly hollie homer imogen ingrid irma irving isabelle isaiah isla isobel jackie jackson
jacqueline jada jade jake janelle janice jared jarrod jasmine jay jayden jeanette jeanne jeffery jenna jenny jeremiah jerome jess
jesse jessie jill jillian jo joann joanna jocelyn jodi jodie jody joey jordan josephine josh josie joy joyce juanita julianne julius
justin justine kaitlyn kara kari karl katelyn katherine kathryn katie katy kay kayla keira kelli kellie kelsey kendra kenny kerry kevin kieran
kirk kirsten kirsty kristen kristi kristie kristine kristopher kristy kurtis kyle lacey lance larry laurie lawrence leanne
lee leigh leila leo leroy leslie lester lewis lexi lily lillian lindsay lindsey lloyd logan lois lola lonnie loretta lori lorraine
louis lucinda luther lydia lynda lynn lynne mabel mackenzie madeleine madeline madison maisie mandy marcia marge margie marian
marilyn marissa marjorie marlon marsha marshall marvin mathew maureen mavis maxine maxwell melinda melvin mercedes meredith mia micheal
mickey mildred millie milton mindy minnie misty mitchell molly mona morgan morris moses muriel myra myrtle nadine naomi natalia
nathaniel neil nellie nelson niall nigel noel nora norma norman olive oliver ollie opal orlando oscar owen paige pam patrice patsy
patti patty paulette pearl peggy penelope percy perry phil phoebe phyllis poppy preston quentin quinn ralph ramona randall randy
raymond reece reginald rhonda rhys ricky riley roberta robyn roderick rodney ronnie rory rosalie rosalind rosanne rosie ross
rowena roxanne roy rupert russell sadie sam samantha sammy saoirse savannah selina seth shane shannon sharon shaun shauna shawn sheena
sheldon shelley shelly sherri sherry sheryl sidney sienna simeon siobhan spencer stacey stacy stanley stefanie stephan stewart stuart
sue summer susie suzanne sybil sydney sylvester tabitha tammy tanner tara tasha ted terence terri terrence thelma theo
theodore theresa tia tiffany tina toby tommy toni tonya tony tracey traci tracie tricia trevor trisha troy tyrone valerie
vanessa vernon vicki vickie vicky victor victoria violet virgil virginia vivienne wade wallace warren wayne wesley whitney wilbur
wilfred willie wilma winifred yvette zachery zara zoey
adelheid albertine alfons alois anneliese annegret annemarie antje arno arnold beate benedikt benjamin berta birgitta
bodo brigitta burkhard carsten christel christl constanze cordula corinna detlef detlev diethelm dietrich dorothee ebba eckhard
edeltraud egon ekkehard elfriede elke elsbeth emil erich erna erwin eugen evi ewald franziska fredi frieda friedhelm fritz
gerd gerda gerlinde gerold gertrud gisbert gitta gottfried gregor greta gudrun gunda gunnar hanna hannelore harry hartmut hartwig hedwig
heiko heiner heinrich heinz-peter helga hella helmut helmuth henning henriette hermann hermine herta hildegard hilde hubertus ilona ilse
imke ingeborg ingmar irmgard irmtraud isabell isolde jannik jasper jo-anne jochen jost jutta karlheinz karl-heinz katarzyna
kirsten klara konstantin kornelia kristof leopold liesel lieselotte lothar lotte ludwig luisa lutz magda maik malte mareike
marga margarethe margot margrit marianna marija marita marlies mathilda matthis maximilian mechthild meinhard merle mirko
moritz nele niklas nils norbert ole ortwin oswald otmar ottilie philine pia raimund reimund reiner reinhard reinhold renata
roswitha rosemarie rosi rüdiger ruprecht salome siegbert siegfried siegmund sieglinde sigrid sigmund silvio sönke sophie steffi
stefania susann svenja swen theresia thilo thomas tilo timo traudel traute trude ulli undine urs valentin viola waltraud
waltraut wenzel werner wibke wiebke wilfried wilhelmine wilma winfried wolf wolfram zita änne özgür
adèle agathe aimé aimée alain alexandra alexandre alexis alix amandine amélie anaïs andrée anouk antoinette apolline armand
arnaud astrid aude audrey aurore aurélie aurélien axelle bastien benoît benoit bernadette bertrand blandine brice capucine
cédric célia céline charline chloë christelle christophe clément clémentine clotilde colette corinne cyril damien delphine denise
denis didier dominique edmond éléonore éliane élisabeth élise émile emmanuelle étienne eugène eugénie fabien fabrice
fabienne florence franck frédéric frédérique gaston gaël gaëlle geneviève geoffroy gérard germaine ghislaine gilbert gilles ginette
grégoire grégory guy hélène henriette hervé honoré hortense inès isabelle jacky jean-baptiste jean-claude jean-luc jean-marc
jean-marie jean-michel jean-paul jean-pierre jeannine jérémy jérôme joël joëlle joséphine josette josiane jules juliette
laetitia léon léonie liliane lionel loïc lorraine louis luc lucien lucienne ludovic madeleine manon marcelle margaux marguerite
marie-claude marie-thérèse marine marthe martine maryse mathéo mathis matthieu maud maurice maxime michèle mireille monique morgane
muriel myriam nathanaël nicolas noémie noël odette odile olivia olivier pascal pascale patrice paulette philippine pierrick
quentin raoul raymonde rémi rémy renaud régine régis rodolphe roland romain romane roselyne roxane sacha salomé sandrine séverine
serge solange solène stéphane stéphanie suzanne sylvain tanguy thérèse théo théodore thibault thibaut thierry timothée tristan valentine
valérie véronique victor victoire vincent violette virginie viviane xavière yann yves yvette yvon zacharie zoé
adolfo agustín ainhoa aitana aitor alba alonso amalia amparo anabel andrés angélica antonia araceli arturo asunción aurora
aurelio benito bernardo blanca borja bruno candela carmelo carmen cayetano celestino clara concepción conchita consuelo cristian
cristóbal curro dámaso dolores domingo edgardo elías emiliano emilio encarnación ernesto esperanza esteban eugenia eugenio
eusebio fabiola fausto federico fermín fidel francisca francisco gerardo germán gervasio gloria gonzalo guadalupe guillermo
gustavo hernán herminia hortensia hugo ignacia inés inmaculada isidro isidora itziar jacinto jacobo jesús jimena joaquín jordi
josefa josefina josep juan-carlos juana julián julieta julio laia leandro leonor leopoldo lidia lola lorena lourdes lucía luciana
luciano macarena maite manolo marcelino marcelo maría mariana mariano maribel marisa marisol martín maximiliano mercedes miguel-ángel
milagros modesto montserrat nacho narciso natividad nicolás nieves noelia nuria octavio olga pascual paco patricio paz pepe perla
pilar pío priscila rafaela raimundo raúl remedios reyes rocío rodolfo rogelio román roque rosalía rosario rubén salvador sandra
santiago saúl silvestre sofía soledad susana teodoro teófilo tomás trinidad úrsula valeria valentín vicenta víctor visitación
ximena yago yolanda álvaro ángel ángela íñigo óscar
aldo alessandra alessandro alessia alfio anna-maria annalisa antonella bartolomeo beppe camilla carlotta caterina chiara cinzia
cosimo daniele dario davide domenico donatella donato edoardo elisa emanuele enrica enzo ettore fabio fabrizio federica filippo
flavia flavio francesco gabriele gaetano gennaro gerardo giacomo giada gianluca gianni giampaolo gino giorgia giorgio giovanna
giovanni giuseppe giuseppina giuliano ilaria irene jacopo laura leonardo letizia loredana luciano lucrezia luigi luisa maddalena
marcello mariangela marina massimo matilde matteo mattia maurizio michela mirko nicolò ornella paola paolo patrizia piero pietro pina
raffaele raffaella renzo riccardo rinaldo roberta rocco romano rosanna sabrina salvatore sandro serena sergio silvana simona
stefano tiziana tommaso umberto valerio vincenzo vittoria vittorio
aad aart annemiek anouk arie bart bas bram carolien cees cornelis daan dewi diederik dirk esmee femke fenna floris frans freek gerrit
geert guus hendrik henk hidde ilse jaap janneke jasmijn jelle jeroen jesse jochem joost joris jurre karel klaas koen lieke
lisanne loes loïs lotte maaike maarten marieke marijke marjolein marloes martijn mathijs maud merel mirjam nienke noor pieter
pim puck rens rik rob roos ruud sanne saskia sem sjoerd stijn sven teun thijs tijmen tineke tjeerd wessel willem wim wouter
agnieszka aleksander aleksandra andrzej aneta antoni artur barbara bartosz beata bogdan bogusław bożena cezary danuta dariusz
dawid dominika dorota elżbieta ewa ewelina filip franciszek gabriela grażyna grzegorz halina hanna henryk hubert iwona
jacek jadwiga jakub jan janina janusz jarosław jerzy joanna jolanta józef julita justyna kacper kaja kamil kamila karolina katarzyna kazimierz
kinga klaudia konrad krystian krystyna krzysztof lech leszek liwia łukasz maciej magdalena małgorzata marcin marek maria mariusz marta
mateusz maurycy mieczysław mikołaj mirosław monika natalia nikodem norbert oliwia oskar patryk paweł piotr przemysław radosław
rafał renata robert roman ryszard sławomir stanisław stefania szymon tadeusz teresa tomasz urszula wacław wanda weronika wiesław
wiktor wiktoria witold włodzimierz wojciech zbigniew zdzisław zofia zuzanna żaneta
afonso alexandra aline américo anabela antónio armando artur augusto beatriz benedita bernardo bia caio camila carlota
catarina célia clarice cláudia cláudio cristiano débora diogo duarte edson eduarda emanuel érica fábio fátima felipe filipa
filipe flávia flávio francisca gilberto giovana gonçalo graça guilherme gustavo heitor helder hélio henrique iara inês iris isadora
isaura jéssica joana joão joaquim jorge josé júlia juliana júlio larissa leandro letícia lívia lorena lourenço luana lúcia
luciana luís luiza luzia madalena mafalda manoel marcela márcia márcio mariana marina mateus matilde maurício mônica murilo
nathalia natália nelson nuno olívia otávio patrícia paulo priscila rafaela raimundo renan renata ricardo rita rodrigo rogério rui
salvador samuel sandro sara sérgio simão sofia sónia tânia telmo teresa thiago tiago tomé valentim vasco vera vinícius vitor vítor
vitória yasmin
aaltje agneta albin anders anette anneli annika arvid åke åsa astrid axel bengt berit birgitta björn bo-göran bosse britta
carina christer claes ebba einar elin ellinor elsa erik-jan eskil eva-lena evert folke fredrik frida fritjof göran göte
greger gun gunilla gustaf håkan hampus hans-erik helge henrik hilma ida inga-lill ingegerd ingela ingemar ingvar isak jan-erik johan
johannes jonas jörgen karin karl-erik kerstin kjell lars-erik leif lennart linnea linnéa linus lisbeth lovisa ludvig magnus maj
malin margareta märta mats mattias mikael moa monica niclas nils-erik oskar ove pär pelle pernilla per-olof petter pontus ragnar
rasmus rickard rolf roger rune siv sixten solveig staffan sten stig sture susanna svante sverker terese tilda torbjörn tore torsten
tove tuva ulf ulla ulrika valter vidar viggo viktoria vilhelm wilma yngve
aino antti eero eino eeva hanne ilkka jarmo jukka juha kaisa kari-pekka lauri marja matti mikko minna päivi pekka petri riikka
sakari sanna seppo tapio timo tuomas ville henriette ingeborg jesper jette kasper kirsten lærke lasse mads mette mikkel morten
niels ole rasmus rikke søren thorbjørn trine troels ulla vibeke øystein åse
ahmet ali-riza alper arda arzu asena aslı aydın aylin ayşe ayten banu barış batuhan bedirhan berk beyza bilge bülent burak burcu büşra
can-berk canan cansu cem cemal cemil cengiz ceren çağla çetin defne demet deniz derya dilara dilek doruk ebru ece eda efe elif emel
emine emir emrah emre ender engin ercan erdem erdoğan eren erhan erkan erol ersin esengün esra eylül eymen fatih fatma ferhat feride fikret
filiz funda furkan gamze gizem gökhan gönül gül gülay gülcan gülşen güneş güven hakan hale halil halime hamza hande harun hasan hatice
hayriye hilal hülya hüseyin ismail ışıl ilhan ilker inci ipek irem kadir kaan kemal kerem koray leyla levent mahmut melek melih
melike meltem meral mert merve mesut metin mine miraç muhammed murat mustafa müge nalan nazan nazlı necati nermin neslihan neval
nevin nihal nihat nilgün nilüfer nur nurcan nuray oğuz oğuzhan okan onur orhan osman ömer özge özgür özlem özkan pelin pınar
rabia ramazan recep ruhi rüya salih sedat seda selami selçuk selda selim selin semih semra serap serdar serhat serkan sevda sevgi sevil
sevim sibel sinan songül süleyman sultan şebnem şeyma şule şükrü tamer taner tarık tayfun tolga tuba tuğba tuncay turgut
tülay tülin uğur ufuk umut ümit vedat volkan yakup yaren yasemin yaşar yavuz yiğit yıldız yılmaz yunus yusuf zafer zehra zeki zeynep
aarav aarti abhishek adarsh aditi aditya ajay akash akhil akshay alok amar ambika amitabh amrita anamika anil ananya anjali ankit
ankita ankur anshul anup anupama anuradha anusha aparna apoorva archana arnav arpita arvind asha ashish ashok ashwin avinash ayush
balaji bhanumati bharat bharati bhavana bhavesh bhavya bhupinder chandan chandra chetan chitra damini darshan dev devendra devika
dhananjay dhruv dilip dinesh dinkar divya durga gaurav gauri gautam gayatri girish gita gopal govind gurpreet hardik hari
harinder harish harish harpreet harsh harsha hema hemant himanshu indira ishaan ishita jagat jagdish jagrati janaki jatin jaya
jayant jayesh jaswinder jyoti kailash kalpana kamal kamala kanchan karan karthik kartik kavya ketan kishan kishore komal krishna
kriti kunal lalit lalita lata leela madhav madhavi madhu madhuri mahesh mahendra malati mamata mandeep manish manisha manjit
manju manjula mayank meenakshi megha meghana milind minal mitali mohan mohini mona mridula mukesh mukund murali nagesh naina
nalini namrata nandini naresh narayan narendra naveen navin navya neelam neeraj neeta nidhi nikhil nilesh nirav nirmala nisha nitesh
nithya nitin niti omkar padma pallavi pankaj parag param paramjit parvati pavan payal piyush prabhakar prabhu pradip pragya prahlad
prajakta pramod pranav pranjal prasad prashant prateek pratibha pratik praveen prem prerna priti priyansh puja puneet
purnima radha radhika raghav raghu raj-kumar raja rajani rajat rajeev rajendra rajiv rajni raju rakesh rakhi ram rama raman ramya rana
ranbir rani ranjana ranjit rashmi rekha renu renuka reshma revathi richa ritesh ritika ritu rohan rohini rohit roopa roshan roshni
ruchi rukmini rupa rupali rupesh sachin sadhana sagar sahil sakshi sameer samiksha sanjana sanjeev sanket santosh sapna sarika
sarita sarojini satish satyam saurabh savita seema shabnam shailesh shalini shankar shanti sharad sharmila shashi shekhar shikha shilpa
shiv shivani shobha shraddha shreya shubham shweta siddharth simran sita smita sneha somnath sonal sonali sonia sourav srinivas
subhash sudha sudhir sujata sukhdeep suman sumit sunil sunila surendra surbhi surya sushil sushma swapnil swara tanvi tara-devi tarun
tejas trisha tulsi tushar uday uma umesh upasana usha utkarsh vaibhav vandana varsha varun vasant vasudha venkat venkatesh vibha vidya
vijaya vikas vimal vinay vineet vinita vinod vipul virendra vishal vishnu vivaan yamini yash yashwant yogesh yogita zubin
aleksandr alexei aleksei alyona anatoly andrei anton arkady boris daria denis dmitri dmitry ekaterina eduard evgeny fyodor galina
gennady grigory igor ilya inna irina ivanna kirill konstantin ksenia larisa leonid lev liudmila lyudmila lyubov maksim marina mikhail
natalya nikolai nina oksana oleg olena olga oleksandr pavel polina roman ruslan sergei sergey stanislav svitlana taras tatyana
vadim valentyna valery vasily viacheslav vitaly vladimir volodymyr vsevolod vyacheslav yana yaroslav yekaterina yelena yevgeny yulia yuri zoya
adéla aleš alena barbora blanka bohumil boleslav božena dagmar dalibor david-jan daniela drahomíra dušan eliška františek františka hana
hynek iveta ivana jana jarmila jaroslav jindřich jiří jiřina jitka josef kamila karel kateřina květa ladislav lenka leoš libor libuše
lubomír lucie luboš ludmila lukáš marek markéta martin-jan matěj michal milada milena miloš miloslav miroslav miroslava mária naděžda
oldřich ondřej otakar pavla petr radek radka radim renáta richard-jan rostislav růžena šárka simona štěpán stanislava šimon tereza
tomáš václav věra vendula veronika vít vladislav vlasta vlastimil vojtěch zbyněk zdeněk zdeňka zuzana
ábel ádám andrea ágnes ákos ágota attila balázs béla bence csaba dániel dávid dezső dóra endre erzsébet eszter ferenc gábor géza
gergely györgy ildikó ilona imre istván jános józsef judit katalin klára krisztina lajos lászló levente mária márton máté mihály
miklós nándor orsolya péter réka rozália sándor szabolcs szilvia tamás tibor tünde vilmos zoltán zsófia zsuzsanna zsolt
adriana-maria alexandru anca andreea bogdan camelia cătălin ciprian claudiu constantin corina cornel costel cosmin cristi dan-mihai doina
dragoș dumitru elena-maria emilian florin gabriel-ion gheorghe ilie ileana ioana ion ionela ionuț iulia laurențiu liviu luminița lucian
marius mihaela mihai mircea nicoleta octavian ovidiu petru radu răzvan roxana sorin ștefan tudor vasile viorica vlad
abdallah abdelkader abderrahman abdullah abed adel adnan afaf ahlam aida akram alaa amal amani amir amira amina anas anwar asma ayman aziz
bassam bilal bushra dalia dina ehab eman essam fadi fahad faisal farah farid fatemeh fawzi faten ghada hadi haifa haitham hala hamad
hamed hamid hana-amal hanan hani hassan hatem hayat hiba hicham hind hisham houda huda husam hussain hussein iman ihsan imad ismael jalal
jamal jamil jamila jawad kamal kareem karim karima khadija khaled khalil lamia latifa layla leila lina lubna mahdi mahmoud maha mai majid
malak mansour mariam marwa marwan maryam mazen mona-amal mounir mouna mourad muna murad nabil nabila nada nader nadim naima najat najib
nasser nawal nizar noura omar osama othman qasim rabab rachid rafik rahma raja-amal ramadan rami rana-amal rania rasha rashid reem riad
rida rima saad sabah saeed safa said salah salem salim salma salman salwa sami samia samira sana sawsan selma shadi shahid shaima
sherif siham sofiane soraya suad suha tahar taha talal tamer tarek tariq wael wafa walid yahya yara yasin yasmine yassine younes youssef
zahra zaid zainab zakaria zaki zeinab ziad zineb
adaeze adebayo ade adeola akosua akua amara aminata amadou abiola ayodele babatunde blessing bukola chiamaka chidi chidinma chika
chinedu chinonso chioma chukwu damilola ebele ebony efua emeka esi fatou femi folake funmi ibrahima ifeanyi ifeoma ikenna ije jabari
kelechi kemi khadijah kofi kojo kunle kwabena kwadwo kwaku kwame kwasi lerato mamadou mandla mbali modou moussa mwangi nana naledi ngozi nkechi
nnamdi nomvula nneka njeri obinna ogechi olamide olu oluwaseun onyeka oumar ousmane sekou segun sipho tendai thabo thandi themba
tunde uche wanjiku yaw yetunde zanele zodwa
anh binh chau chi cuong dung duc giang ha hai hanh hien hieu hoa hoang huong hung huy khanh khoa lan linh long-anh mai-anh minh my-linh nga ngoc
nhung phong phuc phuong quang quyen quynh tam thanh thao thi thu thuy tien trang trinh trung tuan tuyen uyen vy yen
aiko akira asuka ayaka ayumi chiyo daichi daiki daisuke emiko fumiko haruka haruki haruto hideki hikari hiroki hiromi hitomi junichi junko kaito
kana kaori kazuko kazuo keiko keisuke kenichi kenji kenta kiyoshi koichi kumiko kyoko makoto manami masako masaru mayumi megumi michiko
midori minoru misaki miyuki naoki naoko naomi-ko nobuko noriko osamu reiko rika riku rina ryo ryota sachiko sakura satoshi
sayuri shigeru shinichi shinji shiori shoko shota sora tadashi takahiro takashi takeshi takumi tatsuya tetsuya tomoko toshio tsubasa
yoichi yoko yoshiko yui yuka yukiko yumi yumiko yuto yuya
bao chang cheng chun fang feng fen gang guang hao hong hui jian jiang jie jing juan-li jun kun lei liang lihua ling mei-ling meiling min ming na-li
ning peng ping qiang qing rong rui shan shu tao ting wei wen xia xiang xiao xiaoming xin xiu xue yan yang yi ying yong yu-jie yuan yun zhen zhi
eun-ji eunji hyun hyun-woo ji-hoon ji-woo jihoon jimin jin-woo jisoo jiwon joon ju-won min-jun min-seo minji minjun seo-yeon seo-jun
seung soo-jin sung-min sujin yeon yoon young-hee young-ho yu-jin yuna`;

/** Words that mean something else often; without another sign they are none. */
const NOT_ALONE = new Set(
  `angel amber austin dale dean don earl holly joy lance lee may misty olive opal pearl ross summer violet virginia victoria florence
  chelsea georgia sydney savannah orlando madison jackson lincoln jordan chad carmen brooke daisy dawn hazel poppy rob bo sue sam mercedes
  alba aurora blanca candela consuelo dolores esperanza gloria luz mercedes nieves paz perla pilar rosario soledad trinidad milagros
  remedios reyes salvador santiago domingo modesto fidel fausto bruno roman romano benito jesús cosimo leo lola gene guy marine
  lorraine victoire violette noël romane aurore quentin loïs can deniz yıldız sultan umut barış zafer yaren gül nur bilge inci ipek defne
  derya eylül güneş ufuk onur erdem harsh prem ram rama raja rani raman lata chandra surya tara maya sagar kiran uma sora sakura hikari
  midori rui chi ha hai lan long tam thanh thi thu my min na yi bao chang cheng fang feng gang hao hong hui jian jun kun ling ming ning peng
  ping rong rui shan shu tao ting wei wen xia xin yan yang ying yong yun jin amal said raja hadi karim ion dan marge wade wolf malte emir
  engin can ece eda efe may merle pia pim puck rens rik roos sem teun bas bart bram aad elf mine elvis homer noel nelson wallace warren
  marshall maxwell blake carter preston spencer stewart stanley troy wayne lloyd chester marina regis selim ali ole ove siv stig tore sten
  blessing ebony kay pam pat ted perry harper hilary long heath angie hana ida lina mona nina ada sana hind fadi iman yen hien ade esi nana uche yaw
  jo jess jay ta lea paz graça vera lev inna anton`.split(/\s+/),
);

/** In lower case; a capitalised one is a name without any other sign. */
export const MORE_FIRST_NAMES: ReadonlySet<string> = new Set(
  ROWS.trim()
    .split(/\s+/)
    .filter((name) => !NOT_ALONE.has(name) && !COMMON_WORDS.has(name)),
);

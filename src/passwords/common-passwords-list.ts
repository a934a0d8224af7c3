/*!
 * The most common passwords: 4000 of at least 8 characters that are no pattern, and the shorter
 * ones among the first thousand; in lower case, sorted. Made by
 * test/passwords/make-common-passwords.ts from @zxcvbn-ts/language-common 4.1.3, under this licence
 * (MIT):
 *
 * Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc.
 * Copyright (c) 2021 @zxcvbn-ts
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
 * associated documentation files (the "Software"), to deal in the Software without restriction,
 * including without limitation the rights to use, copy, modify, merge, publish, distribute,
 * sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
 * furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in all copies or
 * substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
 * NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
 * NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
 * DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 * OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 */
export const commonPasswordText = `
!qaz2wsx %%passwo 0.0.0.000 000000 0000000000o 007007 010203 01020304 0102030405 01478520 0192837465
063dyjuy 08154711 085tzzqi 0o9i8u7y 100200300 102030 10203040 1020304050 10293847 1029384756
11001001 111111 1111111111zz 11112222 1111qqqq 111222 11122233 111222333 112233 11223344 1122334455
112233445566 11235813 1123581321 12131415 1213141516 12233445 12312 123123 12312312 123123a 1232323q
123321 12332112 123321123 123321123321 123321456 123321qwe 1234 12340987 12344321 12345 1234509876
12345123 12345432 123454321 1234554321 123456 12345612 123456123 12345654321 123456654321 1234567
12345677 12345678 123456789 1234567890 12345678900 12345678901 123456789012 1234567890a 1234567890q
1234567890z 1234567891 12345678910 123456789123 1234567899 123456789987654321 123456789a
123456789abc 123456789d 123456789k 123456789l 123456789m 123456789n 123456789o 123456789p 123456789q
123456789qwe 123456789qwerty 123456789r 123456789s 123456789v 123456789z 12345678a 12345678q
12345679 1234567a 1234567aa 1234567q 1234567u 1234567z 12345687 123456987 123456a 123456aa 123456ab
123456abc 123456as 123456asd 123456q 123456qq 123456qqq 123456qw 123456qwe 123456qwerty 123456ru
123456zxc 12345a 12345abc 12345asd 12345q 12345qaz 12345qwe 12345qwer 12345qwert 12345qwerty
12348765 12349876 1234abcd 1234asdf 1234kekc 1234qwer 1234rewq 1234zxcv 123581321 123654 12365478
123654789 12369874 123698741 123698745 123789 123789456 123abc 123hfjdk147 123masha 123mudar
123qq123 123qwe 123qwe123 123qwe123qwe 123qwe456 123qweas 123qweasd 123qweasdzxc 123qwert 123qwerty
12locked 12qw34er 12qwaszx 12qwerty 12s3t4p55 131313 13243546 13245768 134679 134679852 13572468
13576479 1357908642 13579246 135792468 1357924680 135798642 147258 14725836 147258369 147852
14785236 147852369 14789632 147896321 147896325 151nxjmt 15426378 159357 159753 159753123 159753456
159753852 159875321 159951 17171717aa 18273645 18436572 19283746 192837465 19411945 1a2a3a4a
1a2a3a4a5a 1a2b3c4d 1a2b3c4d5e 1a2s3d4f 1a2s3d4f5g 1asshole 1basebal 1diamond 1footbal 1hxboqg2
1jennife 1letmein 1michael 1million 1mustang 1passwor 1password 1q2q3q4q 1q2q3q4q5q 1q2w3e 1q2w3e4r
1q2w3e4r5 1q2w3e4r5t 1q2w3e4r5t6y 1qa2ws3ed 1qay2wsx 1qaz!qaz 1qaz2wsx 1qaz2wsx3edc 1qaz2wsx3edc4rfv
1qazxsw2 1qazxsw23edc 1qazzaq1 1qw23er4 1x2zkg8w 1z2x3c4v 1z2x3c4v5b 20spanks 2112 22334455 22446688
23176djivanfros 23skidoo 24681012 246813579 25800852 27731828 2wsx3edc 2wsxcde3 2wsxzaq1 31415926
315475 32165498 321654987 3216732167 326159487 333666999 33rjhjds 369258147 369852147 3edc4rfv
3edcvfr4 3rjs1la7qe 43046721 44332211 44magnum 45m2do5bs 48151623 4815162342 4r3e2w1q 4rfv3edc
50spanks 5150 55bgates 5hsu75kpot 5tgb6yhn 5wr2i7h8 66613666 666666 67camaro 68camaro 69213124 6969
696969 69camaro 73501505 74108520 74123698 741258963 74185296 741852963 748159263 7777777 7777777a
777888999 789123456 789456 78945612 789456123 7894561230 78963214 789632145 789654123 7hrdnw23
7ugd5hip2j 852456 8675309 890098890 89600506779 8j4ye3uz 8phrowz622 8phrowz624 911turbo 918273645
9293709b13 9379992 963258741 96385274 963852741 987412365 987456321 987654321a 99762000 a12345
a123456 a1234567 a12345678 a123456789 a123456a a1a2a3a4 a1a2a3a4a5 a1b2c3 a1b2c3d4 a1b2c3d4e5
a1s2d3f4 a1s2d3f4g5 aa123456 aaaa1111 aaaaaaa1 aardvark abc123 abc12345 abc123456 abcd1234 abcdefg1
abdullah aberdeen abigail1 abnormal abracadabra abrakadabra absolute absolutely abstract acapulco
access access14 access99 accord account1 achilles acidburn acoustic action addicted adelaida
adelaide adgjmptw adidas admin admin123 admin18533362 administrator adrenalin adrian adrianna
adrianne adrienne advanced adventur adventure advocate aerosmit aerosmith afrodita agent007
agnieszka aguilera airborne aircraft airforce airplane akatsuki alabama alabama1 alaska albatros
albert alcatraz alejandr alejandra alejandro aleksander aleksandr aleksandra alessand alessandro
alex alex1234 alexande alexander alexander1 alexandr alexandra alexandre alexandria alexandru alexis
alfarome alfaromeo algernon alicia aligator alison alkaline allblack alleycat alliance alligator
allison allison1 allnight allright allstars allstate almighty alpha alpha1 alpha123 alphabet
alphaman alterego alyssa amanda amarillo amateurs amber ambition ambrosia america america1 american
amethyst amoremio amsterda amsterdam anaconda anakonda anastasi anastasia anastasiya anatoliy
andersen anderson andre andrea andreas1 andrew andrew12 andrey andromed andromeda andyod22 angel
angel1 angel123 angel666 angela angeleye angelica angelika angelina angeline angelito angelofwar
angels anhyeuem animal animated anna anna2614 annabell annabelle annemari annmarie anonymous
anteater antelope anthony anthony1 anthony2 anthony7 antigone antonina antonio antonio1 antoshka
anything aolsucks apollo apollo11 apollo13 apple apple123 applepie apples appleton aquafina aqualung
aquarium aquarius arabella arcangel archange archangel architec architect argentin argentina
argonaut arizona arizona1 arkansas armageddon armagedon armitage armstron armstrong arnold arsehole
arsenal arsenal1 arsenalfc arthur artofwar as123456 asd123 asd12345 asd123asd asdasd asdasd123 asdf
asdf1234 asdffdsa asdfg asdfg123 asdfg12345 asdfgh asdfgh01 asdfghjk asdfghjkl asdfjkl; asdfqwer
asdfzxcv asdqwe123 ashleigh ashley asmodeus aspirine assassin assassins assclown asshole asshole1
assholes asslover assman assmunch astalavista asterios astonvil astroboy athletic atlanta1 atlantic
atlantis atreides attitude attorney auckland august augustin augustus aurelius austin austin31
austin316 australi australia avalanch avalanche avalon avangard avatar avengers aviation awesome
awesome1 azerty azertyui azertyuiop azsxdcfv azsxdcfvgb babemagn babemagnet baberuth babushka baby
babybear babyblue babycake babycakes babydoll babyface babygirl babylon5 babylove bachelor backbone
backdoor backspac badabing badass badboy badger badkarma badlands badnaamhere bailey bajingan
baldrick balloons ballsack baltimor bambam banana banderas bandit baphomet baracuda barakuda
barbados barbara barbara1 barcelon barcelona bareback barefeet barefoot baritone barney barracud
barracuda barselona bartlett basebal1 baseball baseball1 basement basketba basketbal basketball
bastard bastard1 bastards batman batman12 baxter bayliner baywatch bcfields beachbum bear bearcats
beatles beatles1 beatrice beaumont beautifu beautiful beaver beavis beckham7 beefcake beer beethove
beethoven behemoth bellagio bendover benedict benessere benjamin bergkamp berkeley berlin bernardo
bernhard bertrand besiktas bettyboo bettyboop beverley bigballs bigblack bigblock bigboobs bigbooty
bigboy bigbucks bigbutts bigcock bigdaddy bigdick bigdick1 bigdicks bigdog bigfoot1 biggdogg bigman
bigmoney bignasty bigpenis bigpimpi bigpoppa bigpussy bigred bigstick bigtits bigtruck bill billabon
billabong billiard billy billybob billyboy binladen biohazard bionicle birdie birthday birthday1
birthday4 biscuits bisexual bishop bismarck bismilla bismillah bitch bitchass bitches biteme black
black123 blackass blackbel blackbelt blackberry blackbir blackbird blackboy blackcat blackcoc
blackcock blackdog blackhaw blackhawk blackice blackie1 blackjac blackjack blacklab blackman
blackops blackout blacksun bladerunner blaster1 blastoff blazer blessed1 blessing blingbling
blink182 blizzard blondie1 blondinka bloopers blowfish blowjob blowjobs blowme blue blue1234
blueball bluebear bluebell blueberr blueberry bluebird bluedevi blueeyes bluefish bluegill bluejays
blueline bluemoon bluenose bluenote bluesman bluestar bobafett bobby bobdylan bobmarle bobmarley
bollocks bond007 bondage bondarenko bonefish bonehead bonethug bonghits bonnie boobies booboo boobs
boogaloo booger boogie bookcase bookworm boomer bordeaux boris123 borussia boscoe01 bosstone boston
bradford bradley bradley1 bradshaw brandon brandon1 brandy brasilia bravehea braveheart braves
brazil brenda brentfor bretagne brewster brian brian123 brianna1 brighton brigitte brisbane britney
brittany brittney broadway bronco broncos broncos1 broodwar brooke brooklyn brother brother1
brothers browndog browneye brownies browning brucelee brunette bruno123 brutus bubba bubba1 bubba123
bubblegum bubbles bubbles1 buchanan buckaroo buckeye1 buckeyes buckshot buckwhea budapest buddha
buddy buddy1 buddy123 buddyboy buddydog budlight budweise budweiser buffalo buffalo1 buffalos
bugsbunn bugsbunny building bukowski bulldawg bulldog bulldog1 bulldogs bullet bulletin bullfrog
bullseye bullshit bullwink bumblebe bungalow bunghole buratino burton business businessbabe buster
buster01 buster12 butter buttercu buttercup butterfl butterfly buttfuck butthead butthole buttplug
bynthytn c3por2d2 cabernet cableguy cadillac caesar caffeine caitlin1 calamity calculus calcutta
caldwell calendar caliente californ california caligula calimero callahan callaway callisto
callofduty calvin camaro camaro69 camaross camaroz2 cambiami cambridg cambridge camelot1 cameltoe
cameron cameron1 campbell canada canadian candy candyass candyman cannabis cannibal cannonda
cantona7 capetown capital1 capitals capoeira capricor capricorn capslock captain captain1 cardinal
cardinals care1839 carebear carefree carlisle carlitos carlos carlotta carmen carnival carolina
caroline carpedie carpediem carpente carrie carter carthage cartman cartman1 cartoons casablanca
casanova caseydog cashflow cashmone cashmoney casper cassandr cassandra cassie castillo catalina
catalyst catch22 catdaddy caterina catfight catfish1 catherin catherine catholic catwoman cavalier
cbr600rr cbr900rr cdtnkfyf celebrity celtic celticfc centrino cerberus cezer121 cfitymrf chadwick
chainsaw chairman challeng chambers champagn champion champions chance chandler changeme characte
charcoal chargers charisma charlene charles charles1 charles2 charlie charlie1 charlie123 charlie2
charlie3 charlies charlott charlotte charlton charming chastity chauncey checkers checkmat
cheerleaers cheese chelsea chelsea1 chemical chemistr chemistry cherokee cherries cherry cheshire
chester chester1 chestnut chevelle chevrole chevrolet chevy chevyman chevys10 chewbacc chewbacca
cheyanne cheyenne chicago chicago1 chicken chicken1 chickens chickenwing101 children chillout
chipmunk chipper1 chiquita chocolat chocolate chocolate1 chopper chopper1 choppers chris chris123
chrisbln chrissy1 christ christel christia christian christie christin christina christine christma
christmas christop christophe christopher christy1 chronic chrysler chuckles churchil cinderella
cinnamon citation citibank civilwar cjkysirj claire clarence clarinet clarissa classic classic1
classics claudia claudia1 claudine claymore claypool cleaning clemente cleopatr cleopatra clevelan
cleveland clifford climbing clinton1 clippers clitlick clitoris close-up clueless cnfybckfd cobra
cobra427 cocacola cock cocksuck cocksucker cocktail codeblue coffee coldbeer coldplay collecti
college college1 colombia colonial colorado colossus coltrane columbia columbus comanche comicbookdb
commande commander commando commerce commodor compaq complete computer computer1 computers concorde
concrete confused connect1 connection connie connor conquest constant consuelo consumer contains
contests continue contortionist contract control1 converse cookie cool coolbean cooldude coolgirl
coolhand coolness cooper copenhag copenhagen copper cordelia corleone cornelia cornhole cornwall
corporal corvet07 corvette costanza costaric costello cosworth cougar counterstrike country1
courtney covenant coventry cowboy cowboys cowboys1 cowboyup crackers crawford crazy crazybab
crazyman creampie creatine creation creative creature creepers crescent cricket cricket1 criminal
crimson1 cristian cristiano cristina critical crjhgbjy crockett crocodil cromwell crossbow crusader
crystal crystal1 ctdfcnjgjkm cucumber culinary cumeater cummings cumshot cunt cuntlick customer
cutiepie cvbhyjdf cvzefh1gkc cxfcnkbdfz cyberonline cybersex cyclones cygnusx1 cynthia1 daddy
daedalus daffodil dagestan dagobert daisydog daisymae dakota dallas dallas22 damage11 dancer danger
dangerou dangerous daniel daniel12 danielit daniella danielle dannyboy daredevi daredevil darkange
darkangel darkknight darklord darkmoon darkness darkside darkstar darkwing darthvad darthvader
database daughter dave davecole david david123 davidoff davidson daydream daylight dbrnjhbz deadhead
deadpool deadspin death death123 death666 deathnote deathrow debbie deborah1 december deepblue
deepthro deepthroat deerhunt deeznuts deeznutz defender deftones delaware delivery delphine delpiero
democrat demon666 denise dennis denver derparol derrick1 designer desperad desperado destiny
destiny1 destroye destroyer detectiv detroit detroit1 deutschland devil666 devildog devilman
devilmaycry devils dexter dfcbkbcf dfktynby dfktynbyf dhjnvytyjub diablo diamante diamond diamond1
diamonds dick dickface dickhead dickweed diesel dietcoke digger digital digital1 dilbert1 dilligaf
dillweed dima1995 dima1996 dimension dingdong dinosaur diplomat dipstick director dirtbike dirtydog
disabled disaster discount discover discovery discreet disney distance disturbed divorced dkflbckfd
dkflbvbh dkflbvbhjdbx dkflbvbhjdyf doberman doctor dodgeram dodgers1 doggie doggydog doggystyle
doghouse dogpound dolemite dolphin dolphin1 dolphins domainlock2005 domenico domestic dominate
dominator dominic1 dominica dominick dominika dominion dominiqu dominique domino donald donkey
dontknow doomsday doorknob dortmund doughboy doughnut douglas douglas1 downhill download downtown
dragon dragon01 dragon11 dragon12 dragon123 dragon13 dragon69 dragon88 dragon99 dragonba dragonball
dragonballz dragonfl dragonfly dragons1 dragrace dragster dreamcas dreamcast dreamer dreamer1
dreamers dreaming dreams drifting dripping driver drjynfrnt dropdead dropkick drowssap drpepper
drummer drummer1 dthjybrf dtkjcbgtl dtxyjcnm ducati ducati99 duckhunt ducksoup dumpster duncan
duracell dustydog dutchess dutchman dynamite dzxtckfd eagle eagle1 eagles earnhard earthlin
earthlink eastside eastwood eatmenow eatpussy eclipse eclipse1 edinburg edmonton edward edwardss
eggplant eightbal eighteen einstein ejaculation ekaterina elbereth elcamino eldiablo eldorado
electric electron element1 elements eleonora elephant elevator eleven11 elisabet elisabeth elizabet
elizabeth elizaveta elvis elvis123 emachines embalmer eminem emmanuel emmitt22 empire enforcer
engineer england england1 enigma enter enter123 enternow enterpri enterprise entrance envelope
envision epaulson erection eric ericsson escalade escorpio espresso essendon estrella eternity
ethernet eugene euphoria evanescence evangeli evangelion evergree evergreen everlast everques
everquest everton everton1 everyday evgeniya evildead evolutio evolution excalibu excalibur excellen
exchange experience experienced exploite explorer express1 extreme f00tball f15eagle fabienne
fabrizio fabulous facebook facefuck failsafe fairlane fairview faithful fakepass falcon falstaff
family fandango fantasia fantasies fantasti fantastic fantasy fantasy1 fantomas farscape fastball
fastcars fatluvr69 fatpussy faulkner favorite favorite2 favorite6 favorite7 favorite8 fearless
feathers february federica federico feelgood felicity fellatio fellowes fender ferguson fernanda
fernande fernando ferrari ferrari1 festival fgtkmcby fhvfutljy fidelity fightclub fighting
finalfantasy finnegan fire fireball firebird fireblad fireblade firefigh firehawk fireman fireman1
firestar firestor firestorm firewall firework fish fishbone fishcake fisher fisherma fisherman
fishface fishhead fishing fishing1 fishtank fivestar fkbyjxrf fkmnthyfnbdf fktrcfylh fktrcfylhf
fktyeirf flamengo flamingo flanders flapjack flashman flathead fletcher flexible flhtyfkby flintsto
flipflop flipmode flipper1 florence florida florida1 flounder flower flowers flowers1 fluffy
flvbybcnhfnjh flyers flyers88 fnkfynblf footbal1 football football1 footlove ford fordf150 fordf250
fordf350 fordtruc foreplay foreskin forest forester forever forever1 forgetit forgiven forgotten
forklift formula1 forsaken forsberg fortress fountain fourteen foxhound foxylady france francesc
francesca francesco francine francis francis1 francisc francisco francois frank frank123 frankie
frankie1 franklin freckles fred fred1234 freddy frederic frederick frederik fredrick free freebird
freedom freedom1 freedom2 freefall freeland freepass freeporn freestyle freetime freeuser freewill
freiheit frenchie friday friday13 friend friendly friends friends1 friendster froggy front242
frontera frontier fruitbat fuck fuck_inside fuckedup fucker fuckface fuckfest fuckhead fucking
fuckinside fuckme fuckme69 fuckmehard fuckoff fuckoff1 fuckshit fuckthat fuckthis fuckyeah fuckyou
fuckyou1 fuckyou123 fuckyou2 fujifilm fullback fullmoon function funhouse funnyman funstuff funtimes
fussball futurama futyn007 fuzzball fyfcnfcbz fyfnjkbq fylhtq fynjybyf fyutkbyf fyutkjxtr gabriel
gabriel1 gabriela gabriele gabriell gabriella gabrielle galactic galadriel galatasaray galeries
galina gallardo gallaries galore gamecock gamecube gameover gandalf gandalf1 gangbang gangbanged
gangster ganjaman ganjubas gannibal garcia garfield gargoyle garrison gateway gateway1 gateway2
gatorade gators gbgbcmrf gbhfvblf geibcnbr gemini gemstone general general1 generals genesis
genesis1 genius genocide geoffrey george george12 georgia georgia1 georgina geraldin germany1
geronimo gertrude gesperrt getmoney getsdown gfgfvfvf gfhfljrc gfhjkm gfhjkm12 gfhjkm123
gfhjkmgfhjkm gfhjkzytn ghbdtn ghbdtn12 ghbdtn123 ghbdtnbr ghbdtndctv ghbdtnrfrltkf ghblehjr
ghbrjkbcn ghbywtccf ghhh47hj7649 ghjcnbnenrf ghjcnjgfhjkm ghjcnjghjcnj ghjcnjnfr ghjdthrf ghjnjnbg
ghjnjrjk ghjuhfvvf ghjvtntq ghostman ghostrider ghtktcnm gianluca giants gibson gigabyte gillette
gilligan ginger ginger12 ginscoot giovanna giovanni girfriend girlfriend girls giuseppe giveitup
gizmodo1 gladiato gladiator glassman glendale glennwei glenwood gobigred goblue godbless godfathe
godfather godofwar godsmack godspeed godzilla gogators goldberg golden goldeney goldeneye goldfing
goldfinger goldfish goldmine goldrush goldstar goldwing golf golfball golfclub golfer golfing1
gonzales gonzalez goober good good123654 goodfell goodgirl goodison goodlife goodluck goodness
goodstuf goodtime goodtimes goodwill goodyear goofball google gooseman gordon gordon24 gorgeous
gorillaz gotigers gotohell gotyoass gracie graduate grainger grandpri grapeape graphics grateful
graywolf greatest greatone greatsex greedisgood green green123 greenbay greenday greenman greentea
gregory gregory1 gremlins gretchen greyhoun greywolf griffith groupd2013 gsxr1000 gtkmvtym gtnhjdbx
guardian guesswho guillaum guillerm guinness guitar gulliver gundam gunner gunsling gunsmoke
gy3yt2rgls gymnastic hairball halflife halfmoon hallmark hallo123 hallowee halloween hamburger
hamilton hammer hammerhe handball handcuff handsome handyman hannah hannibal hannover happines
happiness happy happy1 happy123 happyday happydog happyman hard hardball hardcock hardcore harddick
hardon hardrock hardware hardwood hardwork harley harrison harrypotter hartford hastings hatfield
hatteras hattrick hawaii hawaii50 hawaiian hawkeye1 hawkeyes hawkwind hawthorn hayabusa
hd764nw5d7e1vb1 headache headless headshot heather heather1 heather2 heaven heavenly hedgehog
heineken heinlein heinrich hellfire hello hello1 hello123 hellohel hellohello hellokit hellokitty
hellsing hellyeah helpless helpme helsinki henderso henderson hendrix hendrix1 hennessy hentai
hercules herewego heritage hermione hernande hernandez hershey1 hetfield hibernia highbury highheel
highland highlander highlife hilfiger hillbill hillside hiphop hitman hitman47 hobbes hockey
hogwarts holeinon holiday holiday1 holidays hollywoo hollywood holyshit homebase homebrew homeless
homemade homepage homer homer123 hometown homework honda hondacbr hondacivic honduras honey honeybee
honeybun honeydew hongkong honolulu hooligan hoosiers hooters hooters1 hopeless horney horny
hornyboy hornyguy hornyman horse horseman horsemen horses hospital hotbabes hotchick hotdog hotgirls
hotpussy hotrod hotsauce hotstuff hotwheel hounddog house housewife housewifes houston houston1
howard hrvatska htubcnhfwbz hugecock hugetits hugoboss hulkster hummer humphrey hunter hunter12
hurrican hurricane huskers1 hydrogen hyperion ibilljpf ibilltes icecream icehouse iceman idontkno
idontknow ignatius ihateyou ijrjkflrf ilikepie ilikesex illinois illmatic illumina illusion ilovegod
iloveher ilovemyself iloveporn ilovepussy ilovesex iloveyou iloveyou1 iloveyou2 ilya1234 ilya1992
immortal impalass imperial imperium implants imtheman indahous india123 indian indiana1 indians1
indonesia infamous infantry infected infinite infiniti infinity inflames information innocent
insanity insecure insertion insertions insomnia inspiron instinct integra1 integral intelligence
interacial intercourse interest internal internat internet internet1 interpol intrepid intruder
inuyasha investor invictus ireland ireland1 irishman ironhors ironmaid ironmaiden ironman ironman1
isabella isabelle isacs155 islander istanbul istheman italiano iverson3 iwantsex iwantu iwantyou
j3qq4h7h2v jack jackass jackass1 jackie jackson jackson1 jackson5 jaguar jake jakester jamaica1
james james007 james123 jamesbon jamesbond january1 japanees japanese jasmine jasmine1 jason
jason123 jasper jayhawks jbond007 jeanette jediknig jediknight jedimast jeepster jefferso jefferson
jeffrey jeffrey1 jellybea jellybean jennifer jennifer1 jennings jeremiah jeremy jermaine jeronimo
jerusalem jessica jessica1 jessica2 jessie jester jesus jesus123 jesus777 jesuschrist jiggaman jimmy
jimmy123 johannes john john1234 johncena johndeer johndeere johngalt johnny johnson johnson1
johnston jonathan jonathon jordan jordan23 joseluis joseph josephin josephine joshua joshua12
joystick juancarlo julieann juliette junior junkmail junkyard jupiter jupiter1 jupiter2 jurassic
just4fun justdoit justice justice1 justin justin12 justinbieber juvenile juventus kakashka kamasutra
kamikadze kamikaze kangaroo karamelka karina karolina katana katarina katerina katharin katherin
katherine kathleen katrina1 kawasaki kayleigh kazanova kazantip kcchiefs kcj9wx5n kelly kenneth
kenneth1 kennwort kentucky kenworth kermit kevin kevin123 keyboard keystone kfcnjxrf kickflip
kicksass kikimora kilkenny killbill killemall killer killer12 killer123 killzone kimberly king
kingfish kingkong kingrich kingsize kingston kirill kirkland kirkwood kissmyas kissmyass kitten
kitty kitty123 kittycat kittykat kjrjvjnbd klaster kleopatra klondike knickerless knickers knight
knockers knockout knuckles kochamcie kochanie kodiak komputer konstantin kordell1 koroleva kovalenko
kramer krasnodar krasotka kristen kristen1 kristian kristin1 kristina kristine krokodil l58jkdjp!
labrador lacrimosa lacrosse ladybird ladygaga laetitia lagwagon lakers lakers24 lakeside lakewood
lalakers lalaland lambchop lamborghini lancaste lancaster lancelot landmark landrove landscap
language lapdance lapochka laracrof laracroft laserjet lasttime lasvegas laughing lauren laurence
lavalamp lavender lawrence learning leather leavemealone lebowski lebron23 leedsutd left4dead legend
legoland leiceste lemmings lemonade leningrad lenochka leonardo leonidas lesbians leslie letmein
letmein1 letmein2 letmein22 letmeinn letmesee letsdoit letsfuck letsplay lexingky lfitymrf libertad
liberty liberty1 licorice lifehack lifeisgood lifetime lighthou lighthouse lighting lightnin
lightning lilwayne limerick limewire limpbizkit lincoln lincoln1 lindsay1 lindsey1 lineage2 lingerie
lionhear lionheart lionking lipstick little littlebi littlema livelife liverpoo liverpool liverpool1
livewire lizard lizaveta ljxtymrf location lockdown lockerroom lockheed logitech loglatin lokomotiv
lol123 lol12345 lollipop lollypop london lonesome lonestar lonewolf longdick longdong longhair
longhorn longhorns longjohn longlegs longshot longtime loredana lorraine losangel losangeles
lostsoul lotus123 louise love love1234 lovefeet lovehate loveless lovelife lovely loveme loveme89
lover loverboy loverman lovers lovesexy loveyou loveyou1 loveyou2 lowrider lucas123 lucky lucky1
lucky123 lucky777 luckydog luckyman luckyone ludacris lunchbox luscious luv2epus macaroni macdaddy
macgyver machines machoman macintos macintosh mackenzi mackenzie madagaskar madala11 maddison maddog
madeline madison madison1 madmax madonna madonna1 magazine magdalena magellan maggie magic magic123
magician magicman magnavox magnolia magnum mahalkita mailcreated5240 mainland majestic makaveli
makeitso makemoney maksim maksimka malaysia malcolm1 mallorca mallrats mamacita mamapapa mammamia
mamochka manager1 manchest manchester mandarin mandingo mandolin mandrake manhatta manhattan
manifest mannheim manunited manutd mapet123456 maradona marajade marathon marauder marcella marcello
marcius2 marcus margaret margarit margarita margosha maria marianna marianne marietta marigold
marijuan marijuana marina marine mariners marines marines1 marino13 mariposa marishka marjorie mark
marketin marketing marlboro marley marriage marriott marseill marseille marshall martin martinez
marvin maryanne marybeth maryjane maryland masamune maserati mash4077 master master01 master11
master12 master123 masterbaiting masterbate masterbating masterkey mastermi mastermind masturbation
matchbox material mathilde matrix matt matthew matthew1 matthew2 matthews matthias mattingl mauricio
maurizio maurolarastefy maverick maverick1 mavericks maximilian maximus maximus1 maxpayne maxpower
maxwell maxwell1 mayfield mazafaka mazda323 mazda626 mazdarx7 mazinger mccarthy mcdonald mckenzie
meandyou meatball meathead meatloaf mechanic medicina medicine megadeth megapass megatron melanie
melanie1 melbourn melissa melissa1 meltdown member memorial memories mephisto mercedes merchant
mercury mercury1 meredith meridian merlin mersedes messenger metal666 metalgear metalica metallic
metallica metallica1 metalman metropol mexico michael michael1 michael2 michael3 michael7 michael8
michael9 michaela michaels michele1 michelle michelle1 michigan mickey microlab microphone microsof
microsoft midnight mike mike1234 milamber milashka milenium milhouse military milkyway millenium
miller million1 millions millwall mindless mine minecraft minimoni minister ministry minnesot
minnesota minotaur miranda1 mischief misfit99 misiaczek mississi mississippi missouri mistress
mitchell mitsubishi mnbvcxz1 mobbdeep mobydick modelsne mohammad mohammed mojojojo molly molly123
mollydog momsanaladventure monalisa monday money money1 money123 moneybag moneyman mongoose monica
monique1 monkey monkey11 monkey12 monkey123 monkey69 monkeybo monkeyboy monkeyma monkeyman monolith
monopoly monster monster1 monsters montana montana1 montecar montecarlo monterey montgom240 montreal
montrose mookie moonbeam moonligh moonlight moonshin moonshine moonstar morgan morozova morpheus
morrison morrowind mortgage morticia mortimer mosquito mostwanted motdepasse mother motherfu
motherfucker motherlode motocros motocross motorcyc motorola mounta1n mountain mousepad mozart
mudvayne muenchen muffdive muffin muhammad mulligan multiplelo multisyn munchkin murphy mushroom
music music123 musician musicman mustang mustang0 mustang1 mustang2 mustang3 mustang5 mustang6
mustang8 mustang9 mustangg mustangs myfriend mymother mynameis mypasswo mypassword mysecret myspace1
mysterio mystical myxworld nacional nadezhda nancy123 napoleon naruto nascar nascar24 nastenka
nastya natalie natalie1 natascha natasha natasha1 natedogg nathalie nathan nathanie nathaniel
national naughty naughty1 nautilus navigato navigator navyseal nbuhtyjr ncc1701 ncc1701a ncc1701d
ncc1701e ncc74656 nebraska necklace needforspeed negative nelson nemesis nemesis1 nemrac58 netscape
network1 nevermin nevermind nevermor nevermore newcastl newcastle newhouse neworder newpass1
newpass6 newport newport1 newproject2004 newstart newstyle newworld newyork newyork1 nicetits
nicholas nicholas1 nickname nickolas nicole nigger nighthaw nightmar nightmare nightowl nightwin
nightwish nikita nikita123 nikitina nineball nineinch nineteen nintendo nirvana nirvana1 nissan
njdevils nocturne nokia123 nokia3250 nokia3310 nokia5130 nokia5230 nokia5300 nokia5530 nokia5800
nokia6233 nokia6300 nokian70 nokian73 nolimits noname123 nonmembe nonrev67 nonsense nopassword
norman normandy northern nosferat nosferatu nostromo notebook nothing nothing1 notredam notredame
nounours november novifarm novikova nthvbyfnjh ntktdbpjh nuttertools nwo4life nygiants nyyankee
oblivion obsidian oc247ngucz oceans11 october october1 october2 odysseus offshore offspring oklahoma
oksana oldschool oliver olivia omegared omsairam onepiece online open1234 opendoor opensesame
operator optimist optiplex orange orange12 oriflame original orlando1 oscar123 ou812 outlaw outsider
overkill overload overlord overtime p0015123 p0o9i8u7 p455w0rd p4ssw0rd p@ssw0rd pa55w0rd pa55word
packard1 packers packers1 paintbal paintball painting pakistan paladin1 pallmall palmetto palmtree
palomino pamela panasoni panasonic pancakes panchito pandora pandora1 panorama pantera pantera1
panther panther1 panthers panties panties1 pantyhos pantyhose panzer papabear papamama paperino
papichul papillon paradigm paradise paramedi paramore paranoia paranoid parasite parker parlament
parliament parsifal partizan partners pasadena pass pass1234 passcode passfind passion passion1
passions passmast passport passthie passw0rd passwerd passwor1 password password01 password1
password11 password12 password123 password2 password3 password9 password99 passwords passwort
patches patches1 pathetic pathfind pathfinder patience patricia patrick patrick1 patrick2 patriots
patrizia patterso paul pavement pavilion payton34 peaceful peaceout peaches peaches1 peaches2 peanut
pearljam pedersen peekaboo pegasus1 pembroke pendrago penelope penetrating penetration penguin
penguin1 penguins penis pennstat pennstate pennywis pentagon penthous pentium4 people pepper
pepsi123 peregrin perfect perfect1 personal pertinant peter peter123 peterbil peternorth peterose
peterpan petersen peterson petrovich phaedrus phantom phantom1 pharmacy pheasant phialpha philippe
phillies phillip1 phillips phoenix phoenix1 phoenix2 phpbb pi314159 pianoman picard pickle pictuers
pictures piedmont piercing pimpdadd pimpdaddy pimpin pimpster pineappl pineapple pinetree pinewood
pingpong pinkfloy pinkfloyd pinnacle pioneer1 pipeline pippen33 piramida piramide pirate pitchers
pizzahut pizzaman pizzapie planning plastics platinum platypus playball playboy playboy1 playboy2
playboys player player69 playmate playoffs playstat playstation playtime pleasant please pleaseme
pleasure plumbing plymouth pokemon pokemon1 pokemon123 polarbea polaroid police polina politics
polniypizdec0211 pontiac pontiac1 poohbear pookie pool6123 poontang poop poophead poopoo popcorn
popcorn1 popsicle porkchop porn porn4life pornking porno pornographic pornpass pornstar porsche
porsche1 porsche9 porsche911 portland portugal poseidon positive postov1000 potatoes pounding power
power123 powerade powerful powerman prashant preacher precious predator pregnant prelude1 premiere
presario presiden president pressure prestige pretty prettygirl primetim prince princesa princess
princess1 princessa princeto princeton pringles printing priscill prisoner private private1 priyanka
producer professional professor progress property prophecy prospect prospero protocol prototype
prudence psychnau psychnaut1 psycho pufunga7782 pumpkin pumpkin1 pumpkins punisher punkrock puppydog
purple pussy pussy1 pussy123 pussy4me pussycat pussyeat pussyeater pussylicker pussylov pussylover
pussyman pyramid1 pyramids q1234567 q123456789 q1234567890 q1q2q3q4 q1q2q3q4q5 q1w2e3 q1w2e3r4
q1w2e3r4t5 q1w2e3r4t5y6 q2w3e4r5 qawsedrf qawsedrftg qaz123 qaz12345 qaz123wsx qazwsx qazwsx12
qazwsx123 qazwsxed qazwsxedc qazwsxedc1 qazwsxedc123 qazwsxedcrfv qazwsxedcrfvtgb qazxsw qazxsw12
qazxsw123 qazxswedc qazxswedcvfr qq123456 qqq111 qqqq1111 quant4307s question qw123456 qwaszx
qwaszx12 qwe123 qwe123qwe qweasd qweasd123 qweasdzx qweasdzxc qweasdzxc123 qwedsazxc qweqwe
qweqwe123 qwer1234 qwerasdf qwerasdfzxcv qwerfdsa qwert qwert123 qwert12345 qwertasdfg qwerty
qwerty1 qwerty11 qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwerty13 qwerty22 qwerty77
qwerty777 qwerty78 qwerty99 qwertyasdfgh qwertyu qwertyui qwertyuio qwertyuiop r2d2c3p0 r2d2c3po
r4e3w2q1 rabbit rachel rachelle racing radiance radiohea radiohead ragnarok raider raiders raiders1
railroad rainbow rainbow1 rainbow6 rainbows raindrop rainyday raistlin rammstei rammstein ramstein
ranchero randolph ranger rangers rangers1 raptor rapunzel rascal rasdzv3 rasputin rastaman raymond
raymond1 razz rb26dett rdfhnbhf reaction realmadrid rebbyt34 rebecca rebecca1 reckless recovery
red123 red12345 redalert redbaron redbeard reddevil reddog reddwarf redhead redhead1 redheads
redlight redneck1 redrum redshift redskins redsox redstorm redwing1 redwings reggie reginald
regional register reindeer reloaded remember remingto remington renegade reporter republic repytwjd
repytwjdf rerehepf rerfhfxf rerfhtre research resident resource restless revival47 revoluti
revolution revolver reynolds rfgbnjirf rfhfvtkmrf rfhfylfi rfhlbyfk rfhnjirf rfnthbyf rfntymrf
rfvfcenhf rhapsody rhbcnbyf rhfcfdbwf rhfcfdxbr rhfcjnrf rhiannon rhjrjlbk rhtdtlrj riccardo richard
richard1 richard2 richards richmond rickster ricochet riffraff rightnow riverrat riversid riverside
rjhjktdf rjirfrgbde rjyatnrf rjycnfynby rktjgfnhf roadkill roadking roadrunn roadrunner roadster
robbie robert roberto1 robinhoo robinhood robinson robotech robotics rochelle rock rocket rocketma
rocketman rockford rockhard rocknrol rocknroll rockroll rockstar rockwell rocky rocky123 rockydog
roderick rodrigue rodriguez roland rolltide romanova romantic romashka ronald ronaldinho ronaldo
ronaldo7 ronaldo9 roodypoo rooster rooster1 roosters rootbeer rootedit rosebud rosebud1 rosemary
rosewood rsalinas rt6ytere runescape runner rush2112 rushmore ruslan russell russell1 russia
russian7 rustydog ruthless saab9000 sabrina sabrina1 sailboat sailfish sailormoon saints salamander
salamandra salasana salesman saltydog salvador salvator salvatore samadams samantha samantha1 sammy
sammy123 sammydog sampson1 samson samsung samsung1 samuel sandberg sandiego sandman sandman1 sandra
sandrine sandwich sandydog sanity72 santacru santiago saopaulo sapphire sarah sarah123 sarajevo
saratoga sasha123 sasha_007 satan666 satellit satellite satriani saturday saturn saunders sausages
savannah save13tx saxophon scandinavian scarface scarlett schastie scheisse schneider schnuffi
school schubert schwartz scirocco scissors scooby scoobydo scoobydoo scooter scooter1 scooters
scorpio scorpio1 scorpion scorpions scotland scott scott123 scotty scrabble scrapper screamer
screwyou scruffy1 seahawks seahorse sealteam searcher seattle1 sebastia sebastian sebastie secret
security seductive segblue2 seinfeld seminole semperfi senators sensatio sentinel sephirot sephiroth
septembe september seraphim serega serenity sergbest sergeant sergey sersolution service1 services
sevenof9 seventeen sexsex sexsexse sexy sexybabe sexybaby sexybitch sexygirl sexylady sexymama
sfgiants shadow shadow01 shadow11 shadow12 shadow13 shaggy shamrock shaney14 shanghai shannon
shannon1 sharon sheepdog shelby shepherd sheridan sherlock sherwood shevchenko shinigami shipping
shit shitface shitfuck shithead shooter1 shopping shorty shotokan showboat showtime shredder
siberian sickness sidekick sideways sidewind sierra sigmachi silver silver12 silverad silverado
simon simone simple simpson simpson1 simpsons sinclair singapor singapore sinister sithlord sixtynin
sixtynine sk8ordie skateboa skateboard skeeter1 skeleton skinhead skipper skipper1 skippy skittles
skorpion skydiver skyline skyline1 skypilot skywalke skywalker slamdunk slapnuts slapshot slayer
slayer66 slayer666 sleeping slimed123 slimshad slimshady slipknot slipknot1 slippery slowhand slut
smackdow smackdown smallville smartass smashing smeghead smirnoff smirnova smith smithers smoke420
smokedog smokey smooth smoothie smuggles snakeman snapshot sneakers snickers sniffing sniper
snoogans snoopdog snoopdogg snoopy snowball snowbird snowboar snowboard snowflak snowflake snowman
snowman1 snuggles sobriety soccer soccer10 soccer11 soccer12 soccer13 socrates softball softtail
software sojdlg123aljg sokolova solidsnake solitude solnishko solution somebody somerset somethin
something sometime songbird sonyericsson sonyfuck sonyvaio sooners1 sophie sopranos soso123aljg
soulmate southern southpar southpark southpaw southsid southside spaceman spalding spanking spanky
sparhawk sparkles sparky spartacu spartan1 spartan117 spartans speakers special1 specialk spectrum
speedway speedy spencer spencer1 spider spiderma spiderman spiderman1 spirit spitfire splatter
splendid splinter spongebo spongebob spooky sporting sports sportste spring springer sprinter
sprocket squerting squirrel srinivas stafford stalker stallion stamford stampede standard stanford
stanislav stanley stanley1 star starbuck starbucks starcraf starcraft stardust starfire starfish
stargate starligh starlight starlite starship start123 startrek starwars starwars1 steelers steelhea
stefania stefanie stella stephane stephani stephanie stephen stephen1 stephens sterling steve
steve123 steven stewart1 stickman stigmata stiletto stinger1 stingray stinky stirling stocking
stockings stockton stonecol stonecold stonewal stoppedby straight strange1 stranger strannik
stratfor strawber strawberry streaming strength stripper stroller stupid sublime sublime1 submarin
suburban success success1 suckcock suckdick sucker suckit suckme suckmydick suikoden sullivan summer
summer01 summer12 summer69 summer99 summerti summertime sundance sunderla sundevil sunflowe
sunflower sunlight sunnyday sunrise1 sunset sunshine sunshine1 super super123 superbow superfly
superior superman superman1 supernatural supernov supernova supersonic supersta superstar surfer
surprise surveyor survival survivor suzuki svetlana swallows sweet sweetass sweethea sweetheart
sweetnes sweetness sweetpea swimming swingers swinging swordfis swordfish sydney sylvania sylveste
sylvester syncmaster syracuse system system32 tacobell tactical taekwondo tagheuer tailgate takamine
talisman tamerlan tampabay tanechka tangerin tarantul tarheels tashkent taurus taylor taylor12
tazdevil tazmania teacher1 teamwork technics techniques tecumseh teddybea teddybear telecast
telephon telephone televizor temp1234 temppass temptress tenerife tennesse tennessee tennis tequiero
teresa terminal terminat terminator terrance terrapin terrence terrible terriers test test123
test1234 tester testibil testing testing1 testpass thailand thanatos thankyou thatcher thebeast
theclash thedoors theflash theforce thegreat thejoker thelast1 theman thematri thematrix theodore
therock therock1 thesaint thetachi thething thetruth theworld thinking thinkpad thirdeye thirteen
thisisit thissuck thomas thomas12 thompson thornton thorsten thrasher threesom thriller thuglife
thumbnils thumper thumper1 thunder thunder1 thunderb thunderbird thunders thursday thx1138 tiberian
tiberius tickling ticklish ticktock tiffany tiffany1 tiger tiger1 tiger123 tigercat tigers tigger
tigger01 tigger12 time timeless timelord timothy timothy1 timoxa94 tinker tinkerbe tinkerbell
titanic titanic1 titanium titleist titlover tits tkbpfdtnf together tokiohotel tomahawk tomcat tommy
tommyboy tomorrow tomservo tonyhawk tooltime toonarmy tooshort topgun topolino topsecre topsecret
toriamos tortoise toshiba1 tottenha tottenham touchdow touching toulouse toyota trader12 trailers
training transexual transfer transfor translator trashman traveler travis treasure treefrog trevor
trfnthbyf triangle trinidad trinitro trinitron trinity trinity1 triplets tristan1 trojans1 trombone
trooper1 tropical trouble trouble1 troubles trousers trucker1 trucking trueblue truelove truffles
trumpet1 trustn01 trustno1 tryagain tucker tunafish turkey turkey50 turtle tweety twilight ufhvjybz
uhbujhbq ultimate ultraman umbrella unbelievable uncencored underdog underground undertak undertaker
undertow underwear underworld unicorn1 united universa universal universe universi university
ursitesux username usmarine usmc0311 usuckballz1 utahjazz vacation vagabond vagina valdemar valdepen
valencia valentin valentina valentine valentino valeriya valhalla valkyrie valleywa vampire vampire1
vampires vancouve vancouver vanessa vanessa1 vanguard vanhalen vaseline vasilisa vatoloco vauxhall
vegas123 vegeta velocity vendetta venezuel verbatim vergeten veronica veronika vertical verygood
vfhbyf vfhbyjxrf vfhnsirf vfhufhbnf vfitymrf vflfufcrfh vfnbkmlf vfntvfnbrf vfpfafrf vfrcbv vfrcbvrf
vfvfgfgf vfvfvskfhfve vfylfhby vicecity victor victoria victory victory1 viewsoni viewsonic viking
vikings vikings1 viktoria viktoriya vincent vincent1 vincenzo vineyard violator violetta viper
viper123 vipergts virginia virginie vision vittorio vivitron vjqgfhjkm vkontakte vlad1996 vladimir
vladislav vodafone volkodav volkswag volkswagen volleyba volleyball voltaire voodoo voyager voyager1
vqsablpzla vsjasnel12 vthctltc w1w2w3w4 wachtwoord waffenss walker wallace1 walter wanderer wanker
wapapapa warcraft warcraft1 warcraft3 wareagle warehous wargames warhamme warhammer warrior warrior1
warriors washburn washingt washington watching water water123 waterboy waterfal waterloo waterman
watermelon waterpolo waterski wdtnjxtr weare138 webhompas webmaste webmaster websol76 websolutions
wednesda wednesday welcome welcome1 welcome123 welcome2 wellhung wellingt wellington werewolf
westcoast westham1 westlife westside westwood wetpussy wg8e3wjf whatever whatever1 whiplash whiskers
whistler whiteboy whiteout whitesox whocares whoknows whoopass whosyourdaddy wildbill wildcard
wildcat wildcat1 wildcats wildfire wildlife wildwood william william1 william2 williams willie
willow wilson winchest winchester windmill windows windows1 windstar windsurf winfield wingchun
wingzero winner winston winston1 winter winter12 winter99 wireless wisconsi wishbone wizard wolf
wolfgang wolfpack wolverin wolverine wolves wombat wonderboy wonderfu wonderful wonderland woodland
woodside woodstoc woodstock woodward woodwork wordpass worldcup wp2003wp wrangler wrestler wrestlin
wrestling wrinkle1 wrinkles x72jhhu3z xavier xboxlive xsw21qaz xthtgfirf yamaha yamahar1 yamahar6
yankee yankees yankees1 yankees2 yaroslav yeahbaby year2005 yellow yesterda yesterday yfcntymrf
yfnfif yfnfitymrf yjdsqgfhjkm yjdsqujl yogibear yorktown yosemite youandme yourmama ytngfhjkz
ytrhjvfyn ytyfdbcnm z1x2c3v4 z1x2c3v4b5 zachary zachary1 zanzibar zaq12345 zaq12wsx zaq1xsw2
zaq1xsw2cde3 zaqwsxcde zaqxswcde zcxfcnkbdf zeppelin zerocool zildjian zimbabwe zolushka zombie
zxasqw12 zxc123 zxcasdqwe zxcasdqwe123 zxcv1234 zxcvasdf zxcvb123 zxcvb12345 zxcvbn zxcvbnm zxcvbnm1
zxcvbnm123 zxcvvcxz zz8807zpl
`

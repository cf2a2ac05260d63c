"""How Chinese text writes persons: the family name first, then a given name of one or two characters, then a title."""

# ruff: noqa: E501 - a pattern is read as one line, and cut in two it is not read at all.
from __future__ import annotations

from tasks.methods.detect.rules import Rule

_SURNAME = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞"
    "熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣邓郁"
    "单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊惠甄曲家封芮储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾"
    "暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍"
    "璩桑桂濮牛寿通边扈燕冀尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东殴殳沃利蔚越夔隆师"
    "巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公"
)
_DOUBLE = (
    "欧阳|司马|上官|诸葛|令狐|皇甫|慕容|东方|公孙|尉迟|司徒|夏侯|宇文|长孙|端木|独孤|南宫|百里|申屠|呼延|轩辕|赫连|钟离|闻人|濮阳|淳于|单于|太叔|公冶|澹台"
    "|宗政|仲孙|鲜于|闾丘|司空|亓官|拓跋|公羊|第五|纳兰|完颜|叶赫|爱新觉罗|钮祜禄"
)
_FAMILY = rf"(?:{_DOUBLE}|[{_SURNAME}])"
_NAME = rf"(?:(?:{_DOUBLE})\p{{Han}}{{1,2}}|[{_SURNAME}]\p{{Han}}{{1,2}})"
"""A family name and a given name of one or two characters."""
_DOT = "[·•・‧∙⋅]"
_SOUND = (
    "阿埃艾爱安昂奥巴白柏班邦包鲍贝本比彼毕边宾波玻伯博勃布才采查茨茶策曾察朝楚次措达戴丹当道德登邓迪蒂典丁顶丢东冬顿杜多朵恩尔耳珥法凡方菲芬芙冯佛夫弗福富甘盖冈高戈哥格葛根贡古固瓜圭桂郭果"
    "哈海汉杭翰豪合赫黑亨洪胡华花怀惠霍基吉及季加佳嘉贾建江姜洁金津杰君久居喀卡凯坎康考科柯可克肯孔库夸奎坤昆拉腊莱赖兰岚朗劳勒蕾雷累黎李里理丽利莉立丽连莲良列烈林琳凌龙隆娄卢鲁露路伦罗洛旅吕"
    "玛马买迈麦曼芒毛茂梅媚门蒙孟弥米密蜜娒敏明缪摩莫默姆木穆拿哪那娜纳乃奈南讷内妮尼年聂涅宁牛纽努怒诺女欧帕派潘庞培佩沛彭蓬皮匹泼平坡珀朴普奇齐契恰乔切钦琴青琼丘曲屈却让热仁日荣茹儒瑞若洒撒萨塞赛"
    "桑瑟森沙莎山珊善尚绍舍申生圣师施诗什石史士世舒朔丝司斯松苏素索所塔泰坦汤唐桃陶忒特腾提帖廷通图土吐托脱陀娃瓦万旺维威韦伟卫魏温文翁沃乌吾武西希锡席霞夏仙香向肖谢辛欣兴姓休修许旭勋逊雅亚延扬杨"
    "耶叶伊依宜易因英雍永尤尤于宇约云匀泽扎札增詹张章召哲者珍真治芝志制珠朱茱兹子卓宗佐"
)
"""Characters that the sounds of foreign names and of names of other peoples of China are written with, after the
tables of the Xinhua news agency (Names of the World's Peoples, appendices)."""
_STEPPE = "次珍央金旺堆顿珠嘎措姆卓玛扎西平措其木乌云图雅那仁巴彦苏和阿古热提买尼孜汗祖丽帕力江合木色"
"""More of them in Tibetan, Mongolian and Uyghur names, which often have no family name."""
_PART = rf"(?:[{_SOUND}]{{1,8}}|[A-Z]\.?)"
_PERSON_HEADER = (
    "姓名|患者姓名|患者|病人|客户姓名|客户|申请人|投保人|被保险人|受益人|持卡人|户名|开户人|收款人|付款人|联系人|紧急联系人|家属|监护人|纳税人|法定代表人|法人代表|法人|经办人"
    "|负责人|主治医师|主治医生|主治|医师|医生|护士|记录人|记录者|签名|签字|代理人|投诉人|收件人|寄件人|户主|配偶|父亲|母亲|丈夫|妻子|儿子|女儿|本人|委托人|参保人|领取人|参保人员"
    "|收货人|发件人|乘客|旅客|考生|学生|家长|班主任|司机|车主|租客|承租人|出租人|房东|甲方|乙方|原告|被告|上诉人|被上诉人|第三人|证人|当事人|辩护人|诉讼代理人|审判长|审判员|书记员|嫌疑人"
    "|被害人|报警人|举报人|受访人|采访人|作者|译者|编辑|主编|导演|编剧|主演|随访人|随访对象|责任护士|管床医生|手术医师|麻醉医师|送检医生|检验者|审核者|审核人|曾用名|别名|姓  名|姓 名|姓　名"
)
_ROLES = (
    "卖方|买方|邻居|房东|司机|经办|联系人|业务员|柜员|理赔员|同事|朋友|客服|共有人|买受人|妻子|丈夫|儿子|女儿|父亲|母亲|弟弟|哥哥|姐姐|妹妹|表妹|表弟|表哥|表姐|堂兄|堂弟|堂姐|堂妹|舅舅|叔叔"
    "|岳父|岳母|公公|婆婆|女婿|儿媳|孙子|孙女|外孙|同学|室友|护工|社工|网格员|调查员|审核员|班主任|辅导员|教练|记者|演员|歌手|导演|作家|画家|诗人|总经理|董事长|副总|书记"
)
_POLITE = "先生|女士|小姐|太太|夫人"
_TITLES = (
    "同志|医生|大夫|医师|主任|教授|老师|护士|护士长|律师|经理|总经理|总监|警官|法官|检察官|科长|处长|局长|院长|校长|所长|厂长|队长|班长|部长|市长|县长|镇长|乡长|村长|区长|省长|书记|主席|会长|老板|阿姨|师傅|博士|工程师"
    "|记者|秘书|会计|同学|总|工|董|叔叔|伯伯|奶奶|爷爷|大爷|大妈|大姐|大哥|大叔|嫂子|姐|哥|叔|婶|爷|少爷|公子|姑娘|家"
)
_LONG_TITLES = "|".join(title for title in _TITLES.split("|") if len(title) > 1)
_LED = r"(?:^|(?<!\p{Han})|(?<=请|由|经|找|问|向|与|和|及|给|让|叫|被|是|对|跟|约|谢|知|询|系|到|的|为|同|见|把|托|随|嘱|，|陪|送|接|听|告|访))"
"""What stands before a name and its title: nothing, or a verb or a preposition."""
_SPEAKS = "说|表示|认为|指出|称|回忆|告诉|坦言|介绍|强调|透露|解释|补充|宣布|问道|答道|笑道|写道|出生|毕业|就读|担任|出任|任职|逝世|去世|病逝|主演|饰演|获得|荣获"
_LATIN_FAMILY = (
    "Au|Chan|Chang|Chau|Chen|Cheng|Cheung|Chiu|Cho|Chow|Choy|Chu|Chui|Chung|Fan|Fok|Fong|Fu|Fung|Gao|Guo|Han|He|Ho|Hou|Hsieh|Hsu|Hu|Huang|Hui|Hung|Ip|Jiang|Kan|Ko|Kong|Kuo|Kwan|Kwok|Kwong|Lai|Lam|Lau|Law|Lee|Leung|Li|Liang|Liao|Lin"
    "|Ling|Liu|Lo|Lok|Lui|Luk|Luo|Ma|Mak|Man|Mok|Ng|Ngai|Pang|Poon|Qian|Shek|Shi|Shum|Siu|So|Song|Su|Sun|Sung|Sze|Szeto|Tai|Tam|Tan|Tang|To|Tong|Tsai|Tsang|Tse|Tseng|Tsui|Tung|Wan|Wang|Wei|Wong|Wu|Xie|Xu|Yan|Yang|Yau|Ye|Yeung|Yim|Yip"
    "|Yiu|Yu|Yuan|Yuen|Yung|Zhang|Zhao|Zheng|Zhou|Zhu|Ouyang|Au-Yeung"
)
_LATIN_GIVEN = (
    "Aaron|Adam|Alan|Albert|Alex|Alexander|Alice|Amanda|Amy|Andrea|Andrew|Andy|Angela|Anna|Anne|Anthony|Arthur|Barbara|Ben|Benjamin|Betty|Bill|Bob|Brian|Bruce|Carl|Carol|Caroline|Catherine|Charles|Charlie|Chloe|Chris|Christina|Christine"
    "|Christopher|Cindy|Claire|Daisy|Daniel|David|Deborah|Dennis|Diana|Donald|Edward|Elaine|Elizabeth|Ellen|Emily|Emma|Eric|Eva|Fiona|Florence|Frank|Fred|Gary|George|Grace|Hannah|Harry|Heather|Helen|Henry|Howard|Ian|Irene|Isabella|Ivan|Jack"
    "|Jacob|James|Jane|Janet|Jason|Jean|Jeff|Jennifer|Jenny|Jerry|Jessica|Jim|Joan|Joe|John|Johnny|Jonathan|Joseph|Joyce|Judy|Julia|Julie|Justin|Karen|Kate|Katherine|Kathy|Keith|Kelly|Ken|Kenneth|Kevin|Larry|Laura|Lawrence|Leo|Lily|Linda"
    "|Lisa|Louis|Louise|Lucy|Luke|Margaret|Maria|Marie|Mark|Martha|Martin|Mary|Matthew|Max|Megan|Michael|Michelle|Mike|Nancy|Nathan|Nicholas|Nick|Nicole|Olivia|Oscar|Pamela|Patricia|Patrick|Paul|Peter|Philip|Phoebe|Rachel|Ray|Raymond|Rebecca"
    "|Richard|Robert|Robin|Roger|Ronald|Rose|Roy|Ruth|Ryan|Sam|Samantha|Samuel|Sandra|Sarah|Scott|Sean|Sharon|Simon|Sophia|Sophie|Stanley|Stella|Stephanie|Stephen|Steve|Steven|Sue|Susan|Sylvia|Ted|Teresa|Terry|Thomas|Tiffany|Tim|Timothy|Tina"
    "|Tom|Tommy|Tony|Tracy|Vanessa|Victor|Victoria|Vincent|Vivian|Walter|Wendy|William|Winnie|Yvonne|Zoe"
)
_WORD = r"(?<![A-Za-z])[A-Z](?:[a-z]{1,20}+|[A-Z]{1,20}+)(?:['’\-][A-Z]?[a-z]{1,20}+){0,3}(?![a-z])"
_NOT_NAMES = "Organi[sz]ation|University|College|School|Hospital|Company|Corporation|Inc|Ltd|Limited|Group|Association|Institute|Committee|Department|Ministry|Bank|League|Club|Party|Museum|Society|Union|Foundation|Center|Centre|Agency|System|Test|Syndrome|Disease|Virus|Protein|Factor|Index|Score|Model|Network|Language|Code|Data|Service|Studio|Games?"

RULES = (
    Rule("PERSON", rf"(?:{_PERSON_HEADER})[ \t]*[】\]]?[ \t]*[：:】][ \t]*(?P<v>{_NAME}|[{_SOUND}{_STEPPE}]{{2,10}}|\p{{Han}}{{1,8}}(?:{_DOT}\p{{Han}}{{1,8}})+)(?!\p{{Han}})", 0.85),
    Rule("PERSON", rf"(?:{_PERSON_HEADER})[ \t]*[】\]]?[ \t]*[：:】][ \t]*(?P<v>{_WORD}(?:[ ,]+{_WORD}){{0,3}})(?![A-Za-z0-9_@.])", 0.8),
    Rule("PERSON", rf"(?:{_PERSON_HEADER})[ \t]*(?:叫|名叫|是|为|系)[ \t]*(?P<v>{_NAME})(?=[，,。；;、（(\s]|$)", 0.7),
    Rule("PERSON", rf"(?<!诊断|主诉|既往史|检查|体征|症状|用药|过敏史|病史|结论|事由|内容|科室|职业|部门|科别|专业|民族|籍贯|性别|婚姻|处方|医嘱|备注|类型|状态|单位|品牌|颜色|项目)[：:】][ \t]*(?P<v>{_NAME}(?:、{_NAME})*)(?!\p{{Han}})(?<!科|部|室|无|有|否|组|费|类|级)", 0.5),
    Rule("PERSON", rf"(?:我叫|名叫|名字叫|名字是|名为|我是|姓名是|姓名为|改名|取名|本名|原名|真名|笔名|化名|艺名|绰号|人称|署名|签名)[“「]?(?P<v>{_NAME})(?=[，,。；;、（(\s”」！!？?]|$)", 0.75),
    Rule("PERSON", r"(?:我叫|名叫|名字叫|名字是|我是|人称|网名|小名|昵称|外号|乳名)[“「]?(?P<v>[小老阿大]\p{Han}{1,2})(?=[，,。；;、（(\s”」！!？?]|$)", 0.6),
    Rule("PERSON", rf"(?:{_ROLES})(?P<v>{_NAME})(?=[，,。；;、（(\s：:”」！!？?的]|$)", 0.5),
    Rule("PERSON", rf"(?:{_ROLES})(?P<v>{_FAMILY}\p{{Han}})", 0.45),
    Rule("PERSON", rf"{_LED}(?P<v>{_FAMILY}(?:\p{{Han}}{{1,2}}?)?)(?:{_POLITE})", 0.65),
    Rule("PERSON", rf"(?P<v>{_FAMILY})(?={_POLITE})", 0.6),
    Rule("PERSON", rf"{_LED}(?P<v>{_FAMILY}\p{{Han}}{{0,2}}?)(?={_LONG_TITLES})", 0.7),
    Rule("PERSON", rf"(?P<v>{_FAMILY})(?=医生|大夫|主任|教授|老师|律师|经理|师傅|阿姨|警官|法官|局长|院长)", 0.5),
    Rule("PERSON", rf"(?<!\p{{Han}})(?P<v>[小老阿大][{_SURNAME}])(?=[，,。；;、（(\s：:]|$|说|表示|的|来|去|在|是|今|昨)", 0.45),
    Rule("PERSON", rf"(?P<v>{_FAMILY}[某×XxＸ＊*○〇]{{1,2}}(?:(?<=某)[甲乙丙丁戊\p{{Han}}](?=[，,。；;、（(\s：:的与和]|$))?)(?![人些种个地时])", 0.6),
    Rule("PERSON", rf"(?<!\p{{Han}})(?P<v>{_NAME})(?=[（(](?:男|女|化名|音译|曾用名|\d{{2}}岁|[1-9]\d{{2,3}}年?|公元|约|生于|卒))", 0.6),
    Rule("PERSON", rf"(?<!\p{{Han}})(?P<v>{_NAME})(?=[，,、](?:男|女)[，,、。])", 0.7),
    Rule("PERSON", rf"(?<!\p{{Han}})(?P<v>{_FAMILY}\p{{Han}}{{1,2}}?)(?={_SPEAKS})", 0.45),
    Rule("PERSON", rf"(?P<v>{_PART}(?:{_DOT}{_PART})+)", 0.7, needs="·•・‧∙⋅"),
    Rule("PERSON", r"(?<!\p{Han})(?P<v>\p{Han}{1,6}(?:[·•‧∙⋅]\p{Han}{1,6})+)(?!\p{Han})", 0.6, needs="·•‧∙⋅"),
    Rule("PERSON", rf"(?<![A-Za-z])(?P<v>(?:{_LATIN_FAMILY}|{_LATIN_FAMILY.upper()}),? [A-Z][A-Za-z]{{1,20}}+(?:[ \-][A-Za-z]{{1,20}}+){{0,2}})(?![A-Za-z0-9_@.])(?<!(?:{_NOT_NAMES}))", 0.55),
    Rule("PERSON", rf"(?<![A-Za-z])(?P<v>(?:{_LATIN_GIVEN})(?: [A-Z]\.)?(?:[ \-]{_WORD}){{1,3}})(?![A-Za-z0-9_@])(?<!(?:{_NOT_NAMES}))", 0.55),
    Rule("PERSON", rf"(?<=\p{{Han}}[“「]?|^|[，,。！!：:、（(]\s?)(?P<v>{_LATIN_GIVEN})(?=\p{{Han}}|[，,。！!：:、）)]|$)", 0.5),
    Rule("PERSON", rf"(?:叫|名叫|我是|英文名|姓名)[ ]?(?:是|为|：|:)?[ ]?(?P<v>{_WORD}(?: {_WORD}){{0,3}})(?![A-Za-z0-9_@.])", 0.6),
    Rule("PERSON", rf"(?P<v>{_WORD}(?: {_WORD}){{0,2}})[ ]?(?={_POLITE}|医生|教授|老师|博士|经理)", 0.6),
    Rule("PERSON", rf"(?<=\p{{Han}}{_DOT}\p{{Han}}{{1,8}}[（(](?:英语|英文|法语|德语|俄语|原名)?[：: ]?)(?P<v>[\p{{Latin}}.'’\-]{{1,30}}+(?: [\p{{Latin}}.'’\-]{{1,30}}+){{0,5}})(?=[，,）);；])", 0.7),
    Rule("PERSON", r"(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? ?(?P<v>[A-Z][A-Za-z'’\-]+(?: [A-Z][A-Za-z'’\-]+){0,2})(?![A-Za-z0-9])", 0.75),
)  # fmt: skip
"""Persons."""

"""What Chinese social insurance, welfare and tax files are about: a matter with its facts, its checks and its reasons.

Heads: matter; ``benefit``, ``tax`` or ``service``. FACT, CHECK and NEED are sentences; GRANT, REFUSE and OPEN are clauses.
"""

from __future__ import annotations

from tasks.methods.sample.tables import blocks

PROGRAMS = blocks("""
失业保险金申领 ; benefit
FACT {formal}于{past}被{employer}解除劳动合同。 ; 离职前任{job}，月工资{monthly}。 ; 累计缴纳失业保险{#14-160}个月。 ; 单位统一社会信用代码为{code}。
FACT 目前与{rel}{relname}同住，无其他收入。
CHECK 经比对社保系统，参保记录连续。 ; 单位经办人{clerk}电话{landline}确认系非本人意愿离职。 ; 失业登记于{recent}办理。 ; 线上申请地址为{ip}。
NEED 请补充解除劳动合同证明。 ; 每月须在{url}签到。 ; 请于{future}前激活社保卡{card}。
GRANT 缴费满一年且非因本人意愿中断就业 ; 已办理失业登记并有求职要求
REFUSE 系本人主动辞职 ; 已重新就业并参保 ; 缴费年限不足一年
OPEN 原单位尚未办理减员 ; 跨省缴费记录待{province}方面回函

城乡居民最低生活保障 ; benefit
FACT 家庭共{size}口人，成员有{rel}{relname}（{relage}岁）。 ; 家庭月均收入{monthly}。 ; 户主因病长期卧床，在{hospital}治疗。
FACT 现居住于{address}，房屋系租赁，房东{stranger}。 ; 名下有二轮电动车一辆，无商品房。
CHECK 社区工作人员{clerk}于{recent}入户调查。 ; 核对系统显示账户{account}余额{#200-9000}元。 ; 邻居{stranger}证实情况属实。 ; 车管信息显示名下车辆{plate}。
NEED 请提供残疾证复印件。 ; 公示期至{future}。 ; 如家庭收入变化应在十日内告知。
GRANT 家庭人均收入低于当地低保标准 ; 财产状况符合规定
REFUSE 家庭人均收入高于标准 ; 名下有非生活必需的机动车 ; 拒不配合经济状况核对
OPEN 公示尚未期满 ; 子女赡养能力待核实

住房公积金提取 ; benefit
FACT {formal}申请提取公积金用于[租房|购房|偿还房贷|老旧小区加装电梯]。 ; 公积金账号{account}，缴存单位{employer}。 ; 月缴存基数{monthly}。 ; 拟提取至本人银行卡{card}。
FACT 所购房屋位于{oldaddress}，共有人{relname}。
CHECK 本市无自有住房，不动产系统已核。 ; 租赁合同登记编号{ticket}。 ; 配偶身份证信息一致。 ; 经办{clerk}电话核实单位，{landline}。
NEED 请上传购房发票。 ; 异地购房须提供{othercity}公积金中心证明。 ; 请于{future}前重新提交。
GRANT 连续缴存满三个月且无房 ; 材料齐全，购房行为属实
REFUSE 距上次提取不足一年 ; 租赁合同系伪造 ; 存在未结清的异地贷款
OPEN 异地协查函未回 ; 发票真伪待税务部门确认

养老保险待遇领取 ; benefit
FACT {formal}，{dob}出生，申请自{future}起领取养老金。 ; 曾在{company}和{employer}工作。 ; 累计缴费{#180-420}个月。 ; 档案记载出生日期与身份证{id}不一致。
FACT 视同缴费年限{#2-12}年。
CHECK 原始档案由{company}移交，缺{month}工资表。 ; 人脸认证于{recent}通过。 ; {province}转入的关系已到账。 ; 由{clerk}、{stranger}双人审核。
NEED 请携带户口簿原件到{city}社保大厅办理。 ; 请确认发放账户{card}。 ; 补缴截止{future}。
GRANT 达到法定退休年龄且缴费满十五年 ; 特殊工种认定通过
REFUSE 缴费年限不足 ; 存在重复领取 ; 提前退休条件不符合
OPEN 转移接续正在办理 ; 档案年龄需进一步认定

医疗费用手工报销 ; benefit
FACT 参保人于{past}在{otherhospital}住院{#4-25}天，总费用{amount}。 ; 因在{othercity}探望{rel}{relname}期间突发疾病。 ; 未办理异地就医备案。
FACT 住院病案号{mrn}。 ; 报销款拟转入{card}。
CHECK 发票经查验为真。 ; 目录外费用{#300-5000}元。 ; 经电话{phone}与本人核实，外伤无第三方责任。 ; 经办医院医保科{clerk}已确认。
NEED 请补交费用明细清单。 ; 请说明受伤经过。 ; 请在{future}前办理补备案。
GRANT 属于基本医疗保险支付范围 ; 急诊抢救视同备案
REFUSE 系交通事故应由第三人负担 ; 中断缴费期间不享受待遇 ; 发票已在他处报销
OPEN 医院尚未回复协查 ; 意外伤害情况调查中

工伤认定 ; benefit
FACT {formal}系{employer}{job}，{past}作业时右手被机器夹伤。 ; 事故目击人为同事{stranger}。 ; 伤后送{hospital}，病案号{mrn}。
FACT 单位信用代码{code}，地址在{oldaddress}。 ; 月平均工资{monthly}。
CHECK 单位主张系其违规操作。 ; 监控录像显示事发于上班途中。 ; 调查人{clerk}询问了{relname}并制作笔录。 ; 交警认定对方车辆{plate}负全责。
NEED 请单位于{future}前举证。 ; 请提交诊断证明原件。 ; 联系电话{landline}。
GRANT 在工作时间和工作场所因工作原因受伤 ; 上下班途中受非本人主要责任事故伤害
REFUSE 系醉酒导致 ; 与工作无因果关系 ; 超过一年申请时效
OPEN 劳动关系争议正在仲裁 ; 需等待交警责任认定

个人所得税综合所得汇算 ; tax
FACT 纳税人{name}，纳税人识别号{id}，任职{employer}。 ; 全年综合所得{amount}。 ; 填报赡养老人、子女教育专项附加扣除，赡养对象{relname}。
FACT 另有劳务报酬来自{company}（{othercode}）。 ; 申请退税至{card}。
CHECK 同一子女被{stranger}全额扣除。 ; {employer}申报工资与本人填报相差{#500-9000}元。 ; 租房地址{address}与工作城市一致。 ; 预留手机{phone}已通过验证。
NEED 请补充租赁合同。 ; 请于{future}前更正申报。 ; 可拨打{landline}找{clerk}咨询。
GRANT 扣除项目真实，同意退税 ; 预缴税额大于应纳税额
REFUSE 赡养老人未满六十周岁 ; 虚报专项附加扣除 ; 未提供佐证资料
OPEN 扣缴单位尚未更正申报 ; 风险疑点人工复核中

个体工商户税务核查 ; tax
FACT {formal}在{address}经营个体户，统一社会信用代码{code}。 ; 季度申报销售额{amount}。 ; 雇工{#1-6}人，{month}注册。 ; 收款账户{card}，开户行{bank}。
FACT 经营地由{oldaddress}迁来。
CHECK 第三方支付流水高于申报额。 ; 管理员{clerk}实地走访，店铺照常营业。 ; 供货商{company}开具发票{#3-30}份。 ; 登录电子税务局账号{user}，地址{ip}。
NEED 请提供进销存台账。 ; 请{future}到{city}税务所接受约谈。 ; 请补报未开票收入。
GRANT 差异系退货所致，说明成立 ; 符合小规模纳税人免税条件
REFUSE 隐匿收入，予以补税并加收滞纳金 ; 逾期未申报 ; 虚开发票
OPEN 银行流水待调取 ; 案件移送稽查

契税减免申请 ; tax
FACT 购买位于{address}的住房，面积{#68-138}平方米，成交价{amount}。 ; 共同买受人{relname}，系申请人{rel}。 ; 卖方{stranger}，{longago}取得该房。
FACT 申请人户籍原在{oldaddress}。
CHECK 不动产系统显示家庭唯一住房。 ; 婚姻登记信息一致。 ; 受理人{clerk}，窗口电话{landline}。
NEED 请补交全部家庭成员身份证，含{id}。 ; 请核对缴款账户{account}。 ; 请于{future}前缴清税款。
GRANT 属家庭唯一住房，适用百分之一税率 ; 拆迁补偿份额内免征
REFUSE 名下另有住房 ; 成交价明显偏低且无正当理由
OPEN 外地房产信息待查询 ; 评估价格异议处理中

居住证办理 ; service
FACT {formal}由{province}来{city}务工，现住{address}。 ; 就业单位{employer}，从事{job}。 ; 随迁子女{#1-2}人，需在当地入学。
FACT 房东{stranger}，电话{relphone}。 ; 车辆号牌{plate}。
CHECK 网格员{clerk}上门核实居住情况。 ; 社保缴纳{#6-60}个月。 ; 身份证{id}照片与本人相符。
NEED 请房东到场签字。 ; 请{future}凭回执领取。 ; 变更住址须重新申报。
GRANT 连续居住满半年且有合法稳定就业 ; 材料真实有效
REFUSE 居住未满半年 ; 租赁房屋系违章建筑
OPEN 居住信息核查中 ; 等待学校回函

出入境证件补发 ; service
FACT 申请人护照{passport}于{past}在{othercity}遗失。 ; 因{rel}{relname}在国外就医急需出行。 ; 联系电话{phone}，邮箱{email}。
FACT 证件拟邮寄至{address}，邮编{zip}。 ; 工作单位{employer}。
CHECK 指纹比对通过。 ; 遗失声明于{recent}登记。 ; 受理民警{clerk}。
NEED 请重新拍摄照片。 ; 请在{future}前到窗口面谈。 ; 加急须提供诊断证明。
GRANT 身份核实无误，无限制出境情形 ; 符合加急办理条件
REFUSE 系法定不准出境人员 ; 提交材料不实
OPEN 待原签发地{province}核查 ; 面谈预约于{future}
""")

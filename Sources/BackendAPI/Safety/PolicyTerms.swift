/// The built-in safety policy, as data: sections of terms, a line each.
///
/// - `harmless`: phrases that are taken out before anything is judged.
/// - `always`: refused in any request.
/// - `photo`: nudity and undressing; refused where a photo is part of the request.
/// - `sexual`: sexual content; refused as `photo` is.
/// - `minors`: words for those under age; refused together with a term of `photo` or `sexual`, photo or not. An age below
///   18 ("16 years old", "15 yaşında", "12 tuổi") counts as one.
///
/// Accents and case do not matter (``FoldedText``); ``PolicyTerm`` tells of `*` and `~`.
enum PolicyTerms {
    static let builtIn = """
        [harmless]
        nude lip*
        nude ton*
        nude colo*
        nude shade*
        nude makeup
        nude make up
        nude nail*
        nude heel*
        nude pump*
        nude pink
        nude beige
        naked eye
        naked mole rat
        bare foot
        stripped down bike
        same sex couple
        opposite sex
        sex pistols
        sex female
        sex male
        hardcore punk
        thong sandals
        rape seed*
        rape field*
        sex and the city
        fully clothed
        not nude
        not naked
        no nudity
        without nudity
        çıplak gözle
        çıplak ayak*
        nü ton*
        màu nude

        [always]
        # English
        child porn*
        childporn*
        child erotica
        pedo
        pedos
        pedophil*
        paedophil*
        csam
        lolicon*
        shotacon*
        jailbait
        bestiality
        zoophil*
        necrophil*
        rape
        raped
        raping
        rapist
        gang rape*
        revenge porn*
        deepnude*
        deep nude*
        upskirt*
        molest*
        incest*
        snuff film
        # Turkish
        çocuk porno*
        pedofil*
        tecavüz*
        ensest*
        hayvanla seks
        zoofili
        # Vietnamese
        ấu dâm
        khiêu dâm trẻ em
        hiếp dâm
        cưỡng hiếp
        loạn luân
        thú dâm

        [photo]
        # English
        nude
        nudes
        nudity
        nudism
        nudist*
        naked
        nakedness
        unclothed
        unclad
        undress*
        disrob*
        striptease*
        strip her
        strip him
        strip them
        stripped naked
        stripping
        stripper*
        topless*
        bottomless
        shirtless woman
        shirtless girl
        braless
        pantyless
        pantiless
        bare breast*
        bare chested woman
        bare butt*
        bare ass
        bare bottom
        in the nude
        in the buff
        birthday suit
        without ~ clothes
        without ~ clothing
        without ~ bra
        without ~ underwear
        without ~ dress
        no clothes
        no clothing
        no underwear
        no bra
        no panties
        wearing nothing
        wears nothing
        nothing on but
        nothing but ~ skin
        take off ~ clothes
        take off ~ clothing
        take off ~ dress
        take off ~ shirt
        take off ~ bra
        taking off ~ clothes
        taking off ~ bra
        remove ~ clothes
        remove ~ clothing
        remove ~ dress
        remove ~ shirt
        remove ~ underwear
        remove ~ bra
        removing ~ clothes
        erase ~ clothes
        delete ~ clothes
        clothes removed
        clothes off
        clothing removed
        see through ~ clothes
        see through ~ dress
        see through ~ shirt
        see through lingerie
        x ray ~ clothes
        xray ~ clothes
        transparent ~ clothes
        nip slip
        wardrobe malfunction
        clothing optional
        au naturel
        full frontal
        # Turkish
        çıplak*
        cıbıl*
        soyun
        soyunma*
        soyunuyor*
        soyunan*
        soyunmuş*
        soyunarak
        elbisesiz
        kıyafetsiz
        giysisiz
        sütyensiz
        külotsuz
        iç çamaşırsız
        anadan üryan
        üstsüz
        kıyafet* çıkar*
        kıyafet* ~ çıkar*
        elbise* ~ çıkar*
        giysi* ~ çıkar*
        üstünü çıkar*
        striptiz*
        # Vietnamese
        khỏa thân
        khoả thân
        loã lồ
        lõa lồ
        trần truồng
        ở truồng
        cởi truồng
        cởi ~ đồ
        cởi ~ quần
        cởi ~ áo
        cởi trần
        lột đồ
        lột ~ quần
        lột ~ áo
        không mặc gì
        không mặc đồ
        không mặc quần
        không mặc áo
        không quần áo
        thoát y
        bán nude
        ảnh nude

        [sexual]
        # English
        sex
        sexual*
        sexting
        sexually
        porn*
        nsfw
        hentai*
        ecchi
        erotic*
        erotica
        hardcore
        softcore
        onlyfans
        playboy
        camgirl*
        fetish*
        bdsm
        bondage
        dominatrix
        orgasm*
        orgy
        orgies
        masturbat*
        ejaculat*
        cumshot*
        cum on
        creampie*
        blowjob*
        blow job*
        handjob*
        hand job*
        deepthroat*
        gangbang*
        threesome*
        doggystyle
        doggy style
        missionary position
        intercourse
        penetrat* her
        fuck*
        penis*
        vagina*
        vulva
        pussy
        cunt
        clitoris
        testicle*
        scrotum
        genital*
        dildo*
        vibrator*
        boobs
        boobies
        tits
        titties
        nipple*
        areola*
        cameltoe
        camel toe
        buttplug*
        horny
        slut*
        whore*
        lewd*
        lingerie
        thong
        seductive pose
        spread legs
        legs spread
        spreading ~ legs
        ahegao
        # Turkish
        seks*
        cinsel*
        porno*
        erotik*
        sikiş*
        sikis*
        orospu*
        fahişe*
        azgın*
        mastürb*
        orgazm*
        vajina*
        amcık*
        yarrak*
        meme uc*
        meme uç*
        göğüs uc*
        göğüs uç*
        dekolteli iç çamaşır*
        fantezi iç giyim
        # Vietnamese
        tình dục
        quan hệ tình dục
        làm tình
        khiêu dâm
        khiêu gợi
        kích dục
        gợi dục
        dâm dục
        dâm đãng
        phim sex
        ảnh sex
        âm đạo
        dương vật
        âm vật
        núm vú
        đầu vú
        thủ dâm
        đồ lót gợi cảm
        địt
        gái gọi
        gái điếm

        [minors]
        # English
        child
        children
        childlike
        kid
        kids
        baby
        toddler*
        infant*
        underage*
        under age
        minor
        minors
        preteen*
        pre teen*
        teen
        teens
        teenage*
        loli
        shota
        schoolgirl*
        schoolboy*
        school girl*
        school boy*
        little girl*
        little boy*
        young girl*
        young boy*
        adolescent*
        juvenile*
        # Turkish
        çocuk*
        bebek*
        ergen*
        küçük kız*
        küçük oğlan*
        liseli*
        ortaokul*
        reşit olmayan*
        # Vietnamese
        trẻ em
        trẻ con
        đứa trẻ
        em bé
        bé gái
        bé trai
        vị thành niên
        nữ sinh
        nam sinh
        học sinh
        thiếu nhi
        thiếu niên
        """
}

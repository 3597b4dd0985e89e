extension PolicyTerms {
    static let english = """
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

        [always]
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

        [photo]
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

        [sexual]
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

        [minors]
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
        """
}

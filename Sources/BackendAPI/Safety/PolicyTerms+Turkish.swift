extension PolicyTerms {
    static let turkish = """
        [harmless]
        çıplak gözle
        çıplak ayak*
        nü ton*

        [always]
        çocuk porno*
        pedofil*
        tecavüz*
        ensest*
        hayvanla seks
        zoofili

        [photo]
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

        [sexual]
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

        [minors]
        çocuk*
        bebek*
        ergen*
        küçük kız*
        küçük oğlan*
        liseli*
        ortaokul*
        reşit olmayan*
        """
}

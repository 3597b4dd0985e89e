extension PolicyTerms {
    static let vietnamese = """
        [harmless]
        màu nude

        [always]
        ấu dâm
        khiêu dâm trẻ em
        hiếp dâm
        cưỡng hiếp
        loạn luân
        thú dâm

        [photo]
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

# Writes the files of FOLDER (*.css, *.js) into OUT as C texts: page.css becomes report_page_css.
set(code "#include \"reports/report_assets.h\"\n")
file(GLOB assets "${FOLDER}/*.css" "${FOLDER}/*.js")
list(SORT assets)
foreach(asset IN LISTS assets)
    get_filename_component(name "${asset}" NAME)
    string(REPLACE "." "_" name "${name}")
    file(READ "${asset}" bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "((0x..,)(0x..,)?(0x..,)?(0x..,)?(0x..,)?(0x..,)?(0x..,)?(0x..,)?)" "\\1\n"
           bytes "${bytes}")
    string(APPEND code "\nconst char report_${name}[] = {\n${bytes}0};\n")
endforeach()
file(WRITE "${OUT}" "${code}")
